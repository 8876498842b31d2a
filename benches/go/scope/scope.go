package scope

import (
	"context"
	"errors"
	"sync"
)

// Scope is the original's: a group and its context.
type Scope struct {
	g   *group
	ctx context.Context
}

// Run calls f, which spawns into the scope, then waits.
func Run(ctx context.Context, f func(s *Scope)) error {
	g, gctx := withContext(ctx)
	s := &Scope{g: g, ctx: gctx}
	f(s)
	return s.g.Wait()
}

// Go spawns a child.
func (s *Scope) Go(f func(ctx context.Context) error) {
	s.g.Go(func() error { return f(s.ctx) })
}

var errClosed = errors.New("the scope is closed")

// Closing is the same with its holes stopped as far as a Go library can: the wait is deferred, the body can fail, a
// late child is refused. What is left is in the tests.
type Closing struct {
	Scope
	mu     sync.Mutex
	live   int
	closed bool
	empty  *sync.Cond
}

// RunClosing calls f, waits whatever happens, and closes.
func RunClosing(ctx context.Context, f func(ctx context.Context, s *Closing) error) (err error) {
	g, gctx := withContext(ctx)
	s := &Closing{Scope: Scope{g: g, ctx: gctx}}
	s.empty = sync.NewCond(&s.mu)
	completed := false
	defer func() {
		if !completed {
			g.cancel(context.Canceled)
		}
		s.mu.Lock()
		for s.live > 0 {
			s.empty.Wait()
		}
		s.closed = true
		s.mu.Unlock()
		if waited := g.Wait(); err == nil {
			err = waited
		}
	}()
	if err = f(gctx, s); err != nil {
		g.cancel(err)
	}
	completed = true
	return err
}

// Go spawns a child, unless the scope is closed.
func (s *Closing) Go(f func(ctx context.Context) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	s.live++
	s.Scope.Go(func(ctx context.Context) error {
		defer func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.live--; s.live == 0 {
				s.empty.Broadcast()
			}
		}()
		return f(ctx)
	})
	return nil
}
