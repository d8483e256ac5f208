// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"slices"

	"github.com/otelperf/otelperf-go/otelperf"
)

// Objective is an error budget of one service at all its instances: requests are added, and what follows from them is of the sums. An alert
// is open if it is at one instance.
type Objective struct {
	Service   string   `json:"service"`
	Instances []string `json:"instances"`
	otelperf.ErrorBudget
}

// addObjectives adds those of one instance, to those of others that are the same.
func (v *View) addObjectives(src *source) {
	for _, b := range src.Summary.Objectives {
		b.BurnRates = slices.Clone(b.BurnRates)
		i := slices.IndexFunc(v.Objectives, func(o Objective) bool { return o.Service == src.Summary.Service && o.same(&b) })
		if i < 0 {
			v.Objectives = append(v.Objectives, Objective{src.Summary.Service, []string{src.name}, b})
			continue
		}
		v.Objectives[i].add(src.name, &b)
	}
}

func (o *Objective) same(b *otelperf.ErrorBudget) bool {
	return o.Name == b.Name && o.Pattern == b.Pattern && o.Kind == b.Kind && o.Target == b.Target && o.PeriodDays == b.PeriodDays &&
		(o.ThresholdMs == nil) == (b.ThresholdMs == nil) && (o.ThresholdMs == nil || *o.ThresholdMs == *b.ThresholdMs)
}

func (o *Objective) add(instance string, b *otelperf.ErrorBudget) {
	o.Instances = append(o.Instances, instance)
	o.Reason, o.UsedUpAt = "", nil // of one instance
	o.Requests, o.Bad, o.Endpoints = o.Requests+b.Requests, o.Bad+b.Bad, max(o.Endpoints, b.Endpoints)
	o.CoveredSeconds, o.Coarse = max(o.CoveredSeconds, b.CoveredSeconds), o.Coarse || b.Coarse
	o.BadShare = share(o.Bad, o.Requests)
	o.BudgetLeft = 1
	if o.BadShare != nil && o.Target < 1 {
		o.BudgetLeft = 1 - *o.BadShare/(1-o.Target)
	}
	for i := range o.BurnRates {
		if i < len(b.BurnRates) {
			addBurn(&o.BurnRates[i], &b.BurnRates[i], 1-o.Target)
		}
	}
	if b.Severity != nil && (o.Severity == nil || *b.Severity == "critical") {
		o.Severity = b.Severity
	}
	switch {
	case o.Requests == 0:
		o.State = "unknown"
	case o.BudgetLeft <= 0:
		o.State = "used_up"
	case o.Severity != nil:
		o.State = "burning"
	default:
		o.State = "ok"
	}
}

func addBurn(to, b *otelperf.BurnRate, allowed float64) {
	to.Requests, to.Bad = to.Requests+b.Requests, to.Bad+b.Bad
	to.ShortRequests, to.ShortBad = to.ShortRequests+b.ShortRequests, to.ShortBad+b.ShortBad
	to.LongRate, to.ShortRate = rate(share(to.Bad, to.Requests), allowed), rate(share(to.ShortBad, to.ShortRequests), allowed)
	if b.Open && (to.Since == nil || b.Since != nil && b.Since.Before(*to.Since)) {
		to.Since = b.Since
	}
	to.Open = to.Open || b.Open
}

// share is n of all; nil of none.
func share(n, all uint64) *float64 {
	if all == 0 {
		return nil
	}
	return new(float64(n) / float64(all))
}

func rate(share *float64, allowed float64) *float64 {
	if share == nil || allowed <= 0 {
		return nil
	}
	return new(*share / allowed)
}

// Troubled are the objectives of which an alert is open or nothing is left.
func (v *View) Troubled() (troubled []Objective) {
	for _, o := range v.Objectives {
		if o.State == "used_up" || o.Severity != nil {
			troubled = append(troubled, o)
		}
	}
	return troubled
}
