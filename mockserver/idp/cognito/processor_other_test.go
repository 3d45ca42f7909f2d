//go:build !linux

package cognito

import "time"

var began = time.Now()

// processorTime stands in for the processor's where that is not told alike: it is the wall's.
func processorTime() time.Duration { return time.Since(began) }
