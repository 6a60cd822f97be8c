# Two samples with exactly these means and standard deviations, compared by t.test: the oracle of compare_printed_means.
# Rscript tests/oracles/make_printed_means.R > tests/oracles/printed_means.json
cases <- list(
  admissions = list(t = c(0.89, 1.35, 38), c = c(1.53, 1.54, 36)),
  days = list(t = c(10.08, 17.31, 38), c = c(19.08, 21.63, 36)),
  hope = list(t = c(38.93, 5.34, 16), c = c(35.06, 6.21, 17))
)
sample_of <- function(cell) {
  set.seed(1)
  as.numeric(scale(rnorm(cell[3]))) * cell[2] + cell[1]
}
line <- function(name, case, equal) {
  found <- t.test(sample_of(case$t), sample_of(case$c), var.equal = equal)
  sprintf(
    '"%s %s": [%.10f, %.10f, %.10f, %.10f, %.10f, %.10f]', name, if (equal) "Student" else "Welch",
    -diff(found$estimate), found$statistic, found$parameter, found$p.value, found$conf.int[1], found$conf.int[2]
  )
}
lines <- unlist(lapply(names(cases), function(name) sapply(c(TRUE, FALSE), function(equal) line(name, cases[[name]], equal))))
cat("{", paste(" ", lines, collapse = ",\n"), "}\n", sep = "\n")
