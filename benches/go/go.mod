module future-proposals/benches

go 1.25
