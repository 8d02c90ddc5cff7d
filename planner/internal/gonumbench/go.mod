module github.com/seed-f134cc8e/relkit/planner/internal/gonumbench

go 1.26.0

require github.com/seed-f134cc8e/relkit v0.0.0

require gonum.org/v1/gonum v0.16.0

replace github.com/seed-f134cc8e/relkit => ../../..
