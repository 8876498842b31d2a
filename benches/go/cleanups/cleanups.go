// Package cleanups holds the Go side of the chapter "Clean up exactly once":
// what its tests state about finalizers and cleanups, and the baselines of its benchmarks.
package cleanups

import (
	"os"
	"runtime"
	"sync"
	"syscall"
)

// db holds an os.File, which has a finalizer of its own.
type db struct{ f *os.File }

// openPlain opens without anything to clean up.
func openPlain(path string) (*db, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &db{f: f}, nil
}

func openFinalized(path string) (*db, error) {
	d, err := openPlain(path)
	if err == nil {
		runtime.SetFinalizer(d, func(d *db) { d.f.Close() })
	}
	return d, err
}

func openCleaned(path string) (*db, runtime.Cleanup, error) {
	d, err := openPlain(path)
	if err != nil {
		return nil, runtime.Cleanup{}, err
	}
	return d, runtime.AddCleanup(d, func(f *os.File) { f.Close() }, d.f), nil
}

// rawDB holds a bare descriptor: nobody closes it but us.
type rawDB struct {
	fd      int
	cleanup runtime.Cleanup
	once    sync.Once
}

// openRaw opens a descriptor that nobody closes.
func openRaw(path string) (*rawDB, error) {
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return &rawDB{fd: fd}, nil
}

// openRawCleaned opens a descriptor that a cleanup closes.
func openRawCleaned(path string) (*rawDB, error) {
	d, err := openRaw(path)
	if err == nil {
		d.cleanup = runtime.AddCleanup(d, func(fd int) { syscall.Close(fd) }, d.fd)
	}
	return d, err
}

// Close stops the cleanup and closes. The KeepAlive is not an ornament: without it d may become unreachable
// once its last field has been read, and the cleanup be queued before Stop.
func (d *rawDB) Close() (err error) {
	err = os.ErrClosed
	d.once.Do(func() {
		d.cleanup.Stop()
		err = syscall.Close(d.fd)
	})
	runtime.KeepAlive(d)
	return err
}
