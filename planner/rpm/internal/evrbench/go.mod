module github.com/seed-f134cc8e/relkit/planner/rpm/internal/evrbench

go 1.26.0

require github.com/seed-f134cc8e/relkit v0.0.0

require github.com/knqyf263/go-rpm-version v0.0.0-20260811110310-1815e1f1b790

replace github.com/seed-f134cc8e/relkit => ../../../..
