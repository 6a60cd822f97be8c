# Reference numbers for imputed rounds, on three_rounds.csv. Engines: R's mice (Rubin's rules with Barnard and Rubin's
# degrees of freedom; multiple imputation by Bayesian linear regressions) and nlme::gls (restricted maximum likelihood,
# from which conditional means are filled in person by person).  Run:  Rscript make_imputation.R
suppressPackageStartupMessages({library(mice); library(nlme); library(jsonlite)})
rounds <- c("baseline", "six_months", "one_year")
d <- read.csv("three_rounds.csv"); d$round <- factor(d$round, rounds)
persons <- unique(d[order(d$person), c("person", "arm")])
Y <- sapply(rounds, function(r) d$score[d$round == r][match(persons$person, d$person[d$round == r])])
active <- persons$arm == "peer"; n <- nrow(Y)
# who had left: the trailing rounds of persons whose number ends in 3 to 9; and those ending in 77, who answered all the same
digit <- as.integer(substr(persons$person, 5, 5)); left <- matrix(FALSE, n, 3)
for (i in 1:n) { last <- max(which(!is.na(Y[i, ]))); if (last < 3 && digit[i] >= 3) left[i, (last + 1):3] <- TRUE }
left[digit == 7 & rowSums(is.na(Y)) == 0, 3] <- TRUE
cells <- which(left, arr.ind = TRUE)
write.csv(data.frame(person = persons$person[cells[, 1]], round = rounds[cells[, 2]]), "three_rounds_left.csv", row.names = FALSE)

fit <- function(use, constrained, active) {
  k <- which(use, arr.ind = TRUE)
  long <- data.frame(id = k[, 1], place = k[, 2], y = Y[k], a = as.numeric(active[k[, 1]])); long <- long[order(long$id, long$place), ]
  long$t <- factor(long$place); long$a2 <- long$a * (long$place == 2); long$a3 <- long$a * (long$place == 3); long$a1 <- long$a * (long$place == 1)
  f <- if (constrained) y ~ t + a2 + a3 - 1 else y ~ t + a1 + a2 + a3 - 1
  g <- gls(f, long, correlation = corSymm(form = ~ place | id), weights = varIdent(form = ~ 1 | t), method = "REML",
           control = glsControl(tolerance = 1e-10, msTol = 1e-12, msMaxIter = 500, maxIter = 500))
  b <- coef(g); R <- diag(3); cs <- coef(g$modelStruct$corStruct, unconstrained = FALSE); R[lower.tri(R)] <- cs; R[upper.tri(R)] <- t(R)[upper.tri(R)]
  s <- g$sigma * c("1" = 1, coef(g$modelStruct$varStruct, unconstrained = FALSE))[c("1", "2", "3")]
  ref <- unname(b[c("t1", "t2", "t3")]); add <- c(if (constrained) 0 else b["a1"], b["a2"], b["a3"])
  list(ref = ref, act = unname(ref + add), V = outer(s, s) * R)
}
fill <- function(p, strategy, active) {
  Z <- Y
  for (i in seq_len(nrow(Y))) { own <- if (active[i]) p$act else p$ref; mu <- own; gone <- which(left[i, ])
    if (length(gone)) { before <- min(gone) - 1
      if (strategy == "jump-to-reference") mu[gone] <- p$ref[gone]
      if (strategy == "copy-increments") mu[gone] <- if (before < 1) p$ref[gone] else own[before] + p$ref[gone] - p$ref[before]
      if (strategy == "return-to-baseline") mu[gone] <- own[1] }
    o <- !is.na(Y[i, ]); if (all(o)) next
    Z[i, !o] <- mu[!o] + p$V[!o, o, drop = FALSE] %*% solve(p$V[o, o, drop = FALSE], Y[i, o] - mu[o]) }
  Z
}
analyse <- function(Z, arms, active) if (arms == "randomised") coef(lm(Z[, 3] ~ active + Z[, 1]))[[2]] else coef(lm(Z[, 3] - Z[, 1] ~ active))[[2]]
one <- function(strategy, arms, keep = rep(TRUE, n)) {
  Y <<- Yall[keep, ]; left <<- Lall[keep, ]; a <- active[keep]
  use <- !is.na(Y) & (strategy == "missing-at-random" | !left)
  out <- analyse(fill(fit(use, arms == "randomised", a), strategy, a), arms, a); Y <<- Yall; left <<- Lall; out
}
Yall <- Y; Lall <- left
strategies <- c("missing-at-random", "jump-to-reference", "copy-increments", "return-to-baseline")
means <- lapply(setNames(nm = c("randomised", "observed")), function(arms) lapply(setNames(nm = strategies), one, arms = arms))
cat(unlist(means), sep = "\n")
jack <- function(strategy, arms) { e <- sapply(1:n, function(i) one(strategy, arms, keep = seq_len(n) != i)); sqrt((n - 1) / n * sum((e - mean(e))^2)) }
errors <- list(list(strategy = "jump-to-reference", arms = "randomised", std_error = jack("jump-to-reference", "randomised")))

set.seed(20180602)
pools <- lapply(list(c(5, 20), c(20, 50), c(100, 1e5)), function(k) { q <- rnorm(k[1], 2, .4); u <- runif(k[1], .2, .6); p <- pool.scalar(q, u, n = k[2], k = 2)
  list(estimates = q, variances = u, df_complete = k[2] - 2, std_error = sqrt(p$t), df = p$df, fmi = p$fmi) })
wide <- data.frame(Yall, arm = as.numeric(active)); wide <- wide[rowSums(!is.na(Yall)) > 0, ]
imp <- mice(wide, m = 2000, method = "norm", maxit = 10, printFlag = FALSE)
est <- with(imp, lm(I(one_year - baseline) ~ arm)); s <- summary(pool(est)); p <- pool(est)$pooled
mi <- list(m = 2000, estimate = s$estimate[2], std_error = s$std.error[2], df = s$df[2], fmi = p$fmi[2], monte_carlo_error = sqrt(p$b[2] / 2000))
writeLines(toJSON(list(engine = list(R = R.version.string, mice = as.character(packageVersion("mice")), nlme = as.character(packageVersion("nlme"))),
  pools = pools, conditional_means = means, jackknife = errors, mice_norm = mi), auto_unbox = TRUE, digits = I(12), pretty = TRUE), "imputation.json")
