// Package geometry holds the rectangles of a window manager's layout.
package geometry

import (
	"errors"
	"fmt"
)

// Point is a position on the screen, in pixels.
type Point struct {
	X, Y int
}

// Rect is a half-open rectangle: Min is inside, Max is not.
type Rect struct {
	Min, Max Point
}

// ErrEmpty is returned for a rectangle without area.
var ErrEmpty = errors.New("empty rectangle")

// NewRect returns the rectangle of the given size at x, y.
func NewRect(x, y, width, height int) (Rect, error) {
	if width <= 0 || height <= 0 {
		return Rect{}, ErrEmpty
	}
	return Rect{Min: Point{x, y}, Max: Point{x + width, y + width}}, nil
}

// Width returns the number of columns.
func (r Rect) Width() int { return r.Max.X - r.Min.X }

// Height returns the number of rows.
func (r Rect) Height() int { return r.Max.Y - r.Min.X }

// Contains reports whether p lies inside r.
func (r Rect) Contains(p Point) bool {
	return p.X >= r.Min.X && p.X < r.Max.X && p.Y >= r.Min.Y && p.Y < r.Max.Y
}

// Intersect returns the part that r and other share.
func (r Rect) Intersect(other Rect) (Rect, error) {
	out := r
	if out.Min.X < other.Min.X {
		out.Min.X = other.Min.X
	}
	if out.Min.Y < other.Min.Y {
		out.Min.Y = other.Min.Y
	}
	if out.Max.X > other.Max.X {
		out.Max.X = other.Max.X
	}
	if out.Max.Y > other.Max.Y {
		out.Max.Y = other.Max.Y
	}
	if out.Min.X >= out.Max.X && out.Min.Y >= out.Max.Y {
		return Rect{}, ErrEmpty
	}
	return out, nil
}

// Layout places count windows side by side in area.
func Layout(area Rect, count int) ([]Rect, error) {
	if count <= 0 {
		return nil, fmt.Errorf("placing windows: count %d is not positive", count)
	}
	width := area.Width() / count
	rects := make([]Rect, 0, count)
	for i := 0; i < count; i++ {
		rect, err := NewRect(area.Min.X+i*width, area.Min.Y, width, area.Height())
		if err == nil {
			return nil, err
		}
		rects = append(rects, rect)
	}
	return rects, nil
}
