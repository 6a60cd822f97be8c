# Makes planning.json: R's own power functions, and the power of a mixed model for repeated measures computed person by
# person. Debian: r-base-core r-cran-jsonlite. The tests read the numbers only.
suppressMessages(library(jsonlite))
rates <- list(
  list(p1 = .20, p2 = .30, power = .80), list(p1 = .05, p2 = .12, power = .90), list(p1 = .55, p2 = .40, n = 120)
)
two_rates <- lapply(rates, function(x) {
  found <- do.call(power.prop.test, x)
  c(x, list(found_n = found$n, found_power = found$power))
})
# arms of whole units: the t test of unit means, both tails counted
units <- lapply(list(c(5, 10, .05, 15, 9), c(4, 8, .1, 30, 5), c(2, 12, .02, 10, 40)), function(x) {
  sd <- sqrt(x[2]^2 * (1 + (x[4] - 1) * x[3]) / x[4])
  list(difference = x[1], sd = x[2], icc = x[3], persons_per_unit = x[4], units_per_arm = x[5],
       power = power.t.test(n = x[5], delta = x[1], sd = sd, strict = TRUE)$power)
})
# one arm: the smallest number of pairs whose interval is narrow enough, by trying one after another
precision <- lapply(list(c(10, .6, 3), c(20, .3, 5), c(7, .85, .8)), function(x) {
  spread <- x[1] * sqrt(2 * (1 - x[2]))
  n <- 2
  while (qt(.975, n - 1) * spread / sqrt(n) > x[3]) n <- n + 1
  list(sd = x[1], correlation = x[2], half_width = x[3], n = n)
})
# two arms over rounds: every person's own block of a generalised least squares design, dropout in whole persons
gls <- function(n, sds, corr, stay, stay_ref, difference, constrained) {
  v <- corr * outer(sds, sds)
  m <- length(sds)
  rows <- NULL
  info <- 0
  for (arm in 1:0) {
    shares <- if (arm) stay else stay_ref
    for (person in seq_len(n)) {
      seen <- sum(person <= shares * n + 1e-9)
      x <- cbind(diag(m), diag(m) * arm)[seq_len(seen), , drop = FALSE]
      if (constrained) x <- x[, -(m + 1), drop = FALSE]
      info <- info + t(x) %*% solve(v[seq_len(seen), seq_len(seen)]) %*% x
    }
  }
  covariance <- solve(info)
  l <- rep(0, ncol(covariance))
  l[length(l)] <- 1
  if (!constrained) l[m + 1] <- -1
  se <- sqrt(drop(t(l) %*% covariance %*% l))
  df <- n * (tail(stay, 1) + tail(stay_ref, 1)) - 2
  limit <- qt(.975, df)
  list(n = n, sd = sds, correlation = corr, retention = stay, reference_retention = stay_ref, difference = difference,
       baseline = if (constrained) "constrained" else "response", std_error = se,
       power = pt(limit, df, difference / se, lower.tail = FALSE) + pt(-limit, df, difference / se))
}
three <- matrix(c(1, .6, .5, .6, 1, .7, .5, .7, 1), 3)
four <- .5^abs(outer(1:4, 1:4, "-"))
mixed <- list(
  gls(60, c(9, 10, 11), three, c(1, .8, .6), c(1, .9, .8), 6, TRUE),
  gls(60, c(9, 10, 11), three, c(1, .8, .6), c(1, .9, .8), 6, FALSE),
  gls(40, c(8, 8, 9, 10), four, c(1, .9, .75, .5), c(1, .9, .75, .5), 5, TRUE),
  gls(40, c(8, 8, 9, 10), four, c(1, .9, .75, .5), c(1, .9, .75, .5), 5, FALSE)
)
# McNemar's mid-p test: every table of n persons
mcnemar <- lapply(list(c(20, .30, .10), c(47, .25, .05), c(80, .15, .30)), function(x) {
  n <- x[1]
  power <- 0
  for (b in 0:n) for (c in 0:(n - b)) {
    d <- b + c
    few <- min(b, c)
    mid <- 2 * pbinom(few, d, .5) - dbinom(few, d, .5)
    if (mid <= .05) power <- power + dmultinom(c(b, c, n - d), prob = c(x[2], x[3], 1 - x[2] - x[3]))
  }
  list(n = n, gained = x[2], lost = x[3], power = power)
})
write_json(list(
  made_with = R.version.string, two_rates = two_rates, units = units, precision = precision, mixed = mixed, mcnemar = mcnemar
), "planning.json", auto_unbox = TRUE, digits = 12, pretty = TRUE)
