package virtual_time

import (
	"testing"
	"testing/synctest"
	"time"
)

// inTest measures in a test: a bubble needs a *testing.T, and a benchmark has none. RunTests is what `go test` itself
// starts tests with. It repeats them for every -cpu and -count, so only the first run measures.
func inTest(b *testing.B, measure func(t *testing.T)) {
	measured := false
	once := func(t *testing.T) {
		if !measured {
			measured = true
			measure(t)
		}
	}
	everything := func(string, string) (bool, error) { return true, nil }
	if !testing.RunTests(everything, []testing.InternalTest{{Name: b.Name(), F: once}}) {
		b.Fatal("the test failed")
	}
}

// A bubble, a retry in it, and its end.
func BenchmarkRetry(b *testing.B) {
	for _, run := range []struct {
		name     string
		failures int
		took     time.Duration
	}{
		{"third-attempt", 2, 300 * time.Millisecond},
		{"five-failures", 5, 1500 * time.Millisecond},
	} {
		b.Run("synctest/"+run.name, func(b *testing.B) {
			b.ReportAllocs()
			inTest(b, func(t *testing.T) {
				for range b.N {
					s := script{failures: run.failures}
					if took, _ := elapsed(t, Retry, 5, &s); took != run.took {
						t.Fatal(took)
					}
				}
			})
		})
	}
}

// One Wait in a bubble where everything else is blocked already. The loop is by b.N: within a bubble b.Loop would read
// the bubble's clock.
func BenchmarkWait(b *testing.B) {
	for _, run := range []struct {
		name    string
		blocked int
	}{
		{"0-tasks", 0},
		{"100-tasks", 100},
	} {
		b.Run("synctest/"+run.name, func(b *testing.B) {
			inTest(b, func(t *testing.T) {
				synctest.Test(t, func(*testing.T) {
					end := make(chan struct{})
					for range run.blocked {
						go func() { <-end }()
					}
					synctest.Wait()
					for range b.N {
						synctest.Wait()
					}
					close(end)
				})
			})
		})
	}
}
