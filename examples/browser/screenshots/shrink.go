// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"slices"
)

// small is the size in bytes up to which a picture may have all of its colours.
const small = 64 << 10

// shrink writes a PNG anew, as small as the encoder makes it. One that is still not small gets at most 256 colours, which on a
// page of flat colours can hardly be seen, and which makes it a third as large.
func shrink(picture []byte) ([]byte, error) {
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, err
	}
	full := image.NewNRGBA(img.Bounds())
	draw.Draw(full, full.Bounds(), img, img.Bounds().Min, draw.Src)
	out, err := encode(full)
	if err != nil || len(out) <= small {
		return out, err
	}
	return encode(fewColours(full))
}

func encode(img image.Image) ([]byte, error) {
	var out bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, img)
	return out.Bytes(), err
}

// fewColours reduces a picture to 256 colours by the median cut method (P. Heckbert, 1982), which looks at the upper five bits
// of each channel.
func fewColours(full *image.NRGBA) *image.Paletted {
	index := map[uint16]uint8{}
	palette := color.Palette{}
	for i, box := range medianCut(count(full), 256) {
		palette = append(palette, box.mean())
		for _, c := range box {
			index[c.key] = uint8(i)
		}
	}
	few := image.NewPaletted(full.Bounds(), palette)
	for i := range few.Pix {
		few.Pix[i] = index[key(full.Pix[4*i:])]
	}
	return few
}

// shade is a 15-bit colour, how many pixels have it, and the sums of their 24-bit channels.
type shade struct {
	key  uint16
	n    int
	sums [3]int
}

func key(rgba []uint8) uint16 {
	return uint16(rgba[0]>>3)<<10 | uint16(rgba[1]>>3)<<5 | uint16(rgba[2]>>3)
}

func count(img *image.NRGBA) box {
	all := map[uint16]*shade{}
	for i := 0; i < len(img.Pix); i += 4 {
		k := key(img.Pix[i:])
		if all[k] == nil {
			all[k] = &shade{key: k}
		}
		all[k].n++
		for c := range 3 {
			all[k].sums[c] += int(img.Pix[i+c])
		}
	}
	return slices.SortedFunc(maps.Values(all), func(a, b *shade) int { return cmp.Compare(a.key, b.key) })
}

// box is a set of colours that will be one.
type box []*shade

func (b box) channel(i, c int) int { return b[i].sums[c] / b[i].n }

// widest returns the channel that varies most, and by how much.
func (b box) widest() (channel, width int) {
	for c := range 3 {
		low, high := 255, 0
		for i := range b {
			low, high = min(low, b.channel(i, c)), max(high, b.channel(i, c))
		}
		if high-low > width {
			channel, width = c, high-low
		}
	}
	return channel, width
}

func (b box) mean() color.Color {
	var n int
	var sums [3]int
	for _, s := range b {
		n += s.n
		for c := range 3 {
			sums[c] += s.sums[c]
		}
	}
	return color.NRGBA{R: uint8(sums[0] / n), G: uint8(sums[1] / n), B: uint8(sums[2] / n), A: 255}
}

// medianCut splits colours into at most n boxes: always the one that varies most, in the middle of its widest channel.
func medianCut(colours box, n int) []box {
	boxes := []box{colours}
	for len(boxes) < n {
		at, widest, channel := -1, 0, 0
		for i, b := range boxes {
			if c, w := b.widest(); w > widest {
				at, widest, channel = i, w, c
			}
		}
		if at < 0 {
			break
		}
		b := boxes[at]
		slices.SortStableFunc(b, func(x, y *shade) int { return cmp.Compare(x.sums[channel]/x.n, y.sums[channel]/y.n) })
		boxes[at] = b[:len(b)/2]
		boxes = append(boxes, b[len(b)/2:])
	}
	return boxes
}
