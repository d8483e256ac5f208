// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"testing"
)

// A picture of many colours loses some of them, and no pixel is far from what it was; one of few keeps all.
func TestShrink(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, colour := range map[string]func(x, y int) int{
		"few":  func(x, y int) int { return (x/16 + y/16) % 40 },
		"many": func(int, int) int { return r.IntN(4000) }, // noise: half a megabyte
	} {
		full := image.NewNRGBA(image.Rect(0, 0, 600, 400))
		for y := range 400 {
			for x := range 600 {
				n := colour(x, y)
				full.SetNRGBA(x, y, color.NRGBA{R: uint8(n % 256), G: uint8(200 - n/40), B: uint8(30 + n/100), A: 255})
			}
		}
		raw, err := encode(full)
		if err != nil {
			t.Fatal(err)
		}
		out, err := shrink(raw)
		if err != nil {
			t.Fatal(err)
		}
		got, err := png.Decode(bytes.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		_, reduced := got.(*image.Paletted)
		if reduced != (len(raw) > small) || reduced != (name == "many") {
			t.Errorf("%s: of %d bytes came %d, reduced: %v", name, len(raw), len(out), reduced)
		}
		worst := 0
		for i := 0; i < len(full.Pix); i += 4 {
			r, g, b, _ := got.At(i/4%600, i/4/600).RGBA()
			for c, v := range []uint32{r, g, b} {
				d := int(v>>8) - int(full.Pix[i+c])
				worst = max(worst, d, -d)
			}
		}
		if reduced && worst > 24 || !reduced && worst != 0 {
			t.Errorf("%s: a channel is %d off", name, worst)
		}
	}
}

func TestShrinkRefusesOther(t *testing.T) {
	if _, err := shrink([]byte("GIF89a")); err == nil {
		t.Error("a GIF is no PNG, and there was no error")
	}
}
