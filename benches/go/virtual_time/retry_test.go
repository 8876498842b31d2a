package virtual_time

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

type loop func(context.Context, int, func() error) error

// script fails a number of times, with the number of the attempt in its error.
type script struct{ failures, attempts int }

func (s *script) op() error {
	s.attempts++
	if s.attempts > s.failures {
		return nil
	}
	return fmt.Errorf("attempt %d failed", s.attempts)
}

// elapsed runs the loop in a bubble.
func elapsed(t *testing.T, retry loop, attempts int, s *script) (took time.Duration, err error) {
	synctest.Test(t, func(*testing.T) {
		start := time.Now()
		err = retry(context.Background(), attempts, s.op)
		took = time.Since(start)
	})
	return took, err
}

func TestThirdAttemptSucceedsAfter300ms(t *testing.T) {
	s := script{failures: 2}
	took, err := elapsed(t, Retry, 5, &s)
	if err != nil || s.attempts != 3 || took != 300*time.Millisecond {
		t.Fatal(took, s.attempts, err)
	}
}

// The test that the original asks for first is passed by the loop with the fault as well.
func TestThirdAttemptCannotTellTheLoopsApart(t *testing.T) {
	for name, retry := range map[string]loop{"between": Retry, "trailing": RetryTrailing} {
		s := script{failures: 2}
		took, err := elapsed(t, retry, 5, &s)
		if err != nil || s.attempts != 3 || took < 300*time.Millisecond || took > 350*time.Millisecond {
			t.Fatal(name, took, s.attempts, err)
		}
	}
}

func TestFiveAttemptsTake1500ms(t *testing.T) {
	s := script{failures: 100}
	took, err := elapsed(t, Retry, 5, &s)
	if err == nil || err.Error() != "attempt 5 failed" || s.attempts != 5 || took != 1500*time.Millisecond {
		t.Fatal(took, s.attempts, err)
	}
}

func TestTrailingSleepTakes3100ms(t *testing.T) {
	s := script{failures: 100}
	took, err := elapsed(t, RetryTrailing, 5, &s)
	if err == nil || s.attempts != 5 || took != 3100*time.Millisecond {
		t.Fatal(took, s.attempts, err)
	}
}

func TestFiveRetriesTake3100ms(t *testing.T) {
	s := script{failures: 100}
	took, err := elapsed(t, Retry, 1+5, &s)
	if err == nil || s.attempts != 6 || took != 3100*time.Millisecond {
		t.Fatal(took, s.attempts, err)
	}
}

func TestWaitShowsOneAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := script{failures: 2}
		go Retry(t.Context(), 5, s.op)
		start := time.Now()
		synctest.Wait()
		if s.attempts != 1 || time.Since(start) != 0 {
			t.Fatal(s.attempts, time.Since(start))
		}
		time.Sleep(Base - time.Nanosecond)
		synctest.Wait()
		if s.attempts != 1 {
			t.Fatal(s.attempts)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if s.attempts != 2 {
			t.Fatal(s.attempts)
		}
		time.Sleep(time.Hour)
	})
}

func TestCancellingEndsTheSleepAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := script{failures: 100}
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
		defer cancel()
		start := time.Now()
		err := Retry(ctx, 5, s.op)
		if !errors.Is(err, context.DeadlineExceeded) || s.attempts != 2 || time.Since(start) != 150*time.Millisecond {
			t.Fatal(err, s.attempts, time.Since(start))
		}
	})
}
