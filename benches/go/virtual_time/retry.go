// Package virtual_time holds the Go side of the chapter "Test a retry loop in virtual time".
package virtual_time

import (
	"context"
	"time"
)

// Base is the first pause; each further one is twice as long.
const Base = 100 * time.Millisecond

// Retry calls op up to attempts times and pauses between attempts. It returns nil, the last error of op, or the error
// of ctx if that ends during a pause.
func Retry(ctx context.Context, attempts int, op func() error) error {
	for attempt, pause := 1, Base; ; attempt, pause = attempt+1, 2*pause {
		err := op()
		if err == nil || attempt >= attempts {
			return err
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// RetryTrailing is Retry with a fault: it pauses after every failure, so also after the last.
func RetryTrailing(ctx context.Context, attempts int, op func() error) error {
	for attempt, pause := 1, Base; ; attempt, pause = attempt+1, 2*pause {
		err := op()
		if err == nil {
			return nil
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		if attempt >= attempts {
			return err
		}
	}
}

func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
