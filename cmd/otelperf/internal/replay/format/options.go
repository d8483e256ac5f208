// SPDX-License-Identifier: Apache-2.0

package format

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Options say how a stream is to be read. In the zero value all is told by the content.
type Options struct {
	Format string            // a name of Names, or the format of an access log; "" is Auto, or JSON if there are Fields
	Unit   Unit              // of durations that do not name theirs
	Fields map[string]string // of format JSON: the key that has the duration, and so on; see FieldNames
}

// FieldNames are the fields that JSON lines may be asked for: duration, the time of completion or of the start, and what names the
// request. Keys of objects inside of others are written with a point between them.
var FieldNames = []string{"duration", "time", "start", "method", "path", "route", "status", "service"}

// About is what a stream was recognised as.
type About struct {
	Format string
	Unit   Unit   // of its durations
	Note   string // what else is to be known; mostly ""
}

// String is for a person.
func (a About) String() string {
	unit := a.Unit.String()
	if a.Unit == noUnit {
		unit = "the units that they name"
	}
	text := fmt.Sprintf("format %s, durations in %s", a.Format, unit)
	if a.Note != "" {
		text += "; " + a.Note
	}
	return text
}

// Check reports all that is wrong with options.
func (o *Options) Check() error {
	var errs []error
	k, err := o.kind()
	if err != nil {
		errs = append(errs, fmt.Errorf("--format is %.40q: %w", o.Format, err))
	} else if k != nil {
		if _, err := k.unit(o); err != nil {
			errs = append(errs, err)
		} else if k.layout != "" && k.in == noUnit && o.Unit == noUnit {
			errs = append(errs, fmt.Errorf("--format is %.40q: its duration is a number, and %w", o.Format, errNoUnit))
		}
	}
	for name := range o.Fields {
		if !slices.Contains(FieldNames, name) {
			errs = append(errs, fmt.Errorf("--field is %.40q, accepted: %s, each with =KEY", name, strings.Join(FieldNames, ", ")))
		}
	}
	isJSON := k != nil && k.name == JSON
	_, timed := o.Fields["time"]
	_, started := o.Fields["start"]
	switch {
	case isJSON && (o.Fields["duration"] == "" || !timed && !started):
		errs = append(errs, errors.New("JSON lines need --field duration=KEY and --field time=KEY, or start=KEY for times of the start"))
	case isJSON && timed && started:
		errs = append(errs, errors.New("--field has both time and start; one of them is enough"))
	case !isJSON && len(o.Fields) > 0 && err == nil:
		errs = append(errs, fmt.Errorf("--field is for --format %s alone", JSON))
	}
	return errors.Join(errs...)
}

// kind returns the format that was asked for; nil if the content has to tell.
func (o *Options) kind() (*kind, error) {
	switch {
	case o.Format == Auto || o.Format == "":
		if len(o.Fields) == 0 {
			return nil, nil
		}
		k, _ := named(JSON)
		return k, nil
	case strings.ContainsAny(o.Format, "$%"):
		return own(o.Format)
	}
	k, ok := named(o.Format)
	if !ok {
		return nil, fmt.Errorf("there is no format of this name; accepted: %s, or a log format such as '$msec $request_time $request'", strings.Join(Names(), ", "))
	}
	return k, nil
}
