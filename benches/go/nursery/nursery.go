// Package nursery is a closure nursery in Go, as far as a library can take it, and tests of where that ends.
package nursery

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

var errClosed = errors.New("the nursery is closed")

// Panicked is what Run panics with when a child has panicked.
type Panicked struct {
	Value any
	Stack []byte
}

func (p *Panicked) Error() string { return fmt.Sprintf("child panicked: %v\n%s", p.Value, p.Stack) }

// Nursery is where children are started.
type Nursery struct {
	ctx    context.Context
	cancel context.CancelCauseFunc

	mu       sync.Mutex
	empty    *sync.Cond
	live     int
	closed   bool
	errs     []error
	panicked *Panicked
}

// Run calls body, waits for the children whatever happens, and returns all errors. The first error or panic cancels the
// context. A child's panic is raised again when all have ended.
func Run(ctx context.Context, body func(ctx context.Context, n *Nursery) error) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	n := &Nursery{ctx: ctx, cancel: cancel}
	n.empty = sync.NewCond(&n.mu)
	returned := false
	defer func() {
		if !returned {
			cancel(context.Canceled) // the body panics, and goes on doing so below
		}
		n.mu.Lock()
		for n.live > 0 {
			n.empty.Wait()
		}
		n.closed = true
		n.mu.Unlock()
		cancel(nil)
		if n.panicked != nil && returned {
			panic(n.panicked)
		}
		err = errors.Join(n.errs...)
	}()
	if failed := body(ctx, n); failed != nil {
		n.failed(failed)
	}
	returned = true
	return nil
}

// Go starts a child, unless the nursery is closed.
func (n *Nursery) Go(child func(ctx context.Context) error) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return errClosed
	}
	n.live++
	go func() {
		defer n.leave()
		defer func() {
			if value := recover(); value != nil {
				n.mu.Lock()
				if n.panicked == nil {
					n.panicked = &Panicked{value, debug.Stack()}
				}
				n.mu.Unlock()
				n.cancel(context.Canceled)
			}
		}()
		if err := child(n.ctx); err != nil {
			n.failed(err)
		}
	}()
	return nil
}

func (n *Nursery) failed(err error) {
	n.mu.Lock()
	n.errs = append(n.errs, err)
	n.mu.Unlock()
	n.cancel(err)
}

func (n *Nursery) leave() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.live--; n.live == 0 {
		n.empty.Broadcast()
	}
}
