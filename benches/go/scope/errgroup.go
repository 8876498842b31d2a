// Package scope is the original's Scope over errgroup, and tests of what it lets through.
package scope

import (
	"context"
	"sync"
)

// group is what this chapter needs of golang.org/x/sync/errgroup, written anew: this module has no dependencies, so
// that its tests run without a network. As there, the first error wins, cancels the context and is its cause; the
// context is cancelled when Wait returns; a panic in a function is not recovered.
type group struct {
	cancel func(error)
	wg     sync.WaitGroup
	sem    chan struct{}
	once   sync.Once
	err    error
}

func withContext(ctx context.Context) (*group, context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	return &group{cancel: cancel}, ctx
}

// SetLimit lets n functions run at a time.
func (g *group) SetLimit(n int) { g.sem = make(chan struct{}, n) }

// Go blocks until there is room, and does not look at the context.
func (g *group) Go(f func() error) {
	if g.sem != nil {
		g.sem <- struct{}{}
	}
	g.wg.Add(1)
	go func() {
		defer g.done()
		if err := f(); err != nil {
			g.once.Do(func() {
				g.err = err
				g.cancel(err)
			})
		}
	}()
}

func (g *group) done() {
	if g.sem != nil {
		<-g.sem
	}
	g.wg.Done()
}

func (g *group) Wait() error {
	g.wg.Wait()
	g.cancel(g.err)
	return g.err
}
