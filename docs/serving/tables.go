package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// quantile is the least value that a share of the list does not exceed; of nothing it is nothing.
func quantile[T cmp.Ordered](list []T, share float64) T {
	var none T
	if len(list) == 0 {
		return none
	}
	list = slices.Sorted(slices.Values(list))
	return list[min(len(list)-1, int(share*float64(len(list))))]
}

func median[T cmp.Ordered](list []T) T { return quantile(list, 0.5) }

func milliseconds(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
	}
	return fmt.Sprintf("%.0f ms", d.Seconds()*1000)
}
