// SPDX-License-Identifier: Apache-2.0

package instances

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// report is of ten seconds of an instance, of whose ten requests some are slow.
func (x *Instances) report(now time.Time, id uint64, slow uint64) {
	x.Add(now, id, Report{Requests: 10, Slow: slow, Expected: 0.02}, func() Instance { return Instance{Name: strconv.FormatUint(id, 10)} })
}

func TestAnInstanceIsNamedAndInLineAgain(t *testing.T) {
	x := New(0)
	var news []Verdict
	for s := range 1500 {
		now := noon.Add(time.Duration(s) * time.Second)
		if s%10 == 0 {
			for id := range uint64(20) {
				slow := uint64(0)
				if id == 3 && s >= 600 && s < 720 {
					slow = 5
				}
				x.report(now, id, slow)
			}
		}
		news = append(news, x.Judge(now)...)
		if s == 700 && len(x.OutOfLine()) != 1 {
			t.Errorf("%+v are out of line", x.OutOfLine())
		}
	}
	if len(news) != 2 || news[0].Name != "3" || news[0].Ended || !news[1].Ended || news[0].Since.Sub(noon) > 700*time.Second {
		t.Fatalf("%+v", news)
	}
	for i, want := range []string{"instance 3 is out of line: ", "instance 3 is in line again"} {
		if !strings.HasPrefix(news[i].Text(), want) {
			t.Errorf("%q", news[i].Text())
		}
	}
}

// What is beyond the bound is counted, and gets room when others are silent; one that was out of line has ended then.
func TestTheBoundOfInstances(t *testing.T) {
	x := New(3)
	for s := range 60 {
		for id := range uint64(5) {
			slow := uint64(0)
			if id == 0 {
				slow = 9
			}
			x.report(noon.Add(time.Duration(10*s)*time.Second), id, slow)
		}
		x.Judge(noon.Add(time.Duration(10*s) * time.Second))
	}
	if n, beyond := x.Count(); n != 3 || beyond != 2*60 {
		t.Errorf("%d instances, %d reports beyond", n, beyond)
	}
	later := noon.Add(30 * time.Minute)
	if news := x.Judge(later); len(news) != 1 || !news[0].Ended {
		t.Errorf("%+v", news)
	}
	x.report(later, 77, 0)
	if n, _ := x.Count(); n != 1 {
		t.Errorf("%d instances, want 1", n)
	}
}

func TestTheNameOfAnInstance(t *testing.T) {
	r := pcommon.NewResource()
	if in := Of(r, 0xabc, Shown); in.Name != "(no name) 00000abc" || in.Attributes != nil {
		t.Errorf("%+v", in)
	}
	r.Attributes().PutStr("host.name", "h")
	r.Attributes().PutStr("k8s.pod.name", "pod-1")
	r.Attributes().PutStr("service.version", strings.Repeat("é", 200))
	if in := Of(r, 1, Shown); in.Name != "pod-1" || len(in.Attributes) != 1 || len(in.Attributes[0]) > 120 {
		t.Errorf("%+v", in)
	}
}
