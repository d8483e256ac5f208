// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"slices"

	"github.com/otelperf/otelperf-go/otelperf/internal/lab/trial"
)

// pivot is a table with a row for each shape or fault and a column for each rate.
type pivot struct {
	names []string
	cells map[string]map[float64]string
	rival map[string][2]trial.Share // of the classic every second and every ten; of alerts Of is 0
	days  map[string]float64        // that it was watched
}

func newPivot() *pivot {
	return &pivot{cells: map[string]map[float64]string{}, rival: map[string][2]trial.Share{}, days: map[string]float64{}}
}

// row returns the cells of a name, which begins a row if it is new.
func (p *pivot) row(name string) map[float64]string {
	if !slices.Contains(p.names, name) {
		p.names = append(p.names, name)
		p.cells[name] = map[float64]string{}
	}
	return p.cells[name]
}

func (p *pivot) addQuiet(q *trial.Quiet, rate float64, rs []trial.QuietResult) {
	x, row := &rs[0], p.row(q.Name)
	if row[rate] = fmt.Sprintf("%d in %.3g days", x.Alerts, x.Days); x.Events > 0 {
		row[rate] = fmt.Sprintf("%d of %d", x.Alerts, x.Events)
	}
	sums := p.rival[q.Name]
	for j := range rs[1:] {
		sums[j].Found += rs[1+j].Alerts
	}
	p.rival[q.Name] = sums
	if len(rs) > 1 {
		p.days[q.Name] += rs[1].Days
	}
}

func (p *pivot) addFault(f *trial.Fault, rate float64, rs []trial.FaultResult) {
	o, row := &rs[0], p.row(f.Name)
	low, high := trial.Wilson(o.Found, o.Trials)
	row[rate] = fmt.Sprintf("%.0f %% [%.0f, %.0f]", 100*float64(o.Found)/float64(o.Trials), 100*low, 100*high)
	if o.Found > 0 {
		row[rate] += fmt.Sprintf(", %s s", number(trial.Quantile(o.Delay, 0.5)))
	}
	sums := p.rival[f.Name]
	for j := range rs[1:] {
		sums[j].Found, sums[j].Of = sums[j].Found+rs[1+j].Found, sums[j].Of+rs[1+j].Trials
	}
	p.rival[f.Name] = sums
}

// print prints the table, but for the rates that have no cell.
func (p *pivot) print(l *lab, title, first string) {
	columns, rates := []string{first}, []float64{}
	for _, x := range plan {
		if slices.ContainsFunc(p.names, func(name string) bool { return p.cells[name][x.rate] != "" }) {
			columns, rates = append(columns, fmt.Sprintf("%g/s", x.rate)), append(rates, x.rate)
		}
	}
	if len(rates) == 0 {
		return
	}
	l.heading(title, append(columns, "classic every second, every 10 s")...)
	for _, name := range p.names {
		cells := []string{name}
		for _, rate := range rates {
			cells = append(cells, p.cells[name][rate])
		}
		l.row(append(cells, p.rivals(name))...)
	}
	l.printf("\n")
}

func (p *pivot) rivals(name string) string {
	r := p.rival[name]
	if r[0].Of == 0 {
		return fmt.Sprintf("%d, %d in %.3g days", r[0].Found, r[1].Found, p.days[name])
	}
	share := func(s trial.Share) float64 { return 100 * float64(s.Found) / float64(s.Of) }
	return fmt.Sprintf("%.0f %%, %.0f %%", share(r[0]), share(r[1]))
}
