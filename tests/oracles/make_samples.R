# Reference numbers from R for paired, partly paired and unlinked samples simulated here. Run in this folder:
#   Rscript make_samples.R
# Needs Debian's r-base-core, r-cran-coin, r-cran-effectsize, r-cran-ordinal, r-cran-lme4, r-cran-sandwich,
# r-cran-clubsandwich, r-cran-car, r-cran-statmod, r-cran-numderiv, r-cran-jsonlite.
suppressPackageStartupMessages({library(coin); library(ordinal); library(lme4); library(sandwich); library(clubSandwich)
  library(car); library(jsonlite)})
set.seed(20261122)
out <- list(); data <- list()
z <- qnorm(.975)

# ---- answers: 150 persons in 10 units, three rounds, a fifth of the answers missing
n <- 150
persons <- data.frame(person = 1:n, unit = sample(1:10, n, TRUE), arm = rbinom(n, 1, .5), age = round(runif(n, 20, 75)))
persons$arm_of_unit <- as.integer(persons$unit <= 5)
a <- merge(persons, data.frame(round = 0:2)); a <- a[order(a$person, a$round), ]
u <- rnorm(n, 0, 1.8)[a$person] + rnorm(10, 0, .5)[a$unit] + .4 * a$round + .5 * a$arm * a$round - .02 * (a$age - 45)
a$answer <- findInterval(u + rlogis(nrow(a)), c(-2, -.5, 1, 2.5))
a$yes <- as.integer(u + rlogis(nrow(a)) > .7)
a$score <- round(50 + 4 * u + rnorm(nrow(a), 0, 5), 1)
complete <- a
a <- a[runif(nrow(a)) > .2, ]
write.csv(a, "answers.csv", row.names = FALSE)

# ---- partially overlapping samples (Derrick et al. 2017, 2015): the formulas, written from the papers
wide <- reshape(a[, c("person", "round", "score", "yes", "answer")], idvar = "person", timevar = "round", direction = "wide")
overlap <- function(x, y) {
  i <- !is.na(x) & !is.na(y); na <- sum(!is.na(x) & !i); nb <- sum(!is.na(y) & !i); nc <- sum(i)
  list(i = i, na = na, nb = nb, nc = nc, n1 = na + nc, n2 = nb + nc, r = cor(x[i], y[i]),
       m1 = mean(x, na.rm = TRUE), m2 = mean(y, na.rm = TRUE), v1 = var(x, na.rm = TRUE), v2 = var(y, na.rm = TRUE)) }
t1 <- function(x, y) { o <- overlap(x, y); with(o, {
  sp <- sqrt(((n1 - 1) * v1 + (n2 - 1) * v2) / (n1 - 1 + n2 - 1))
  se <- sp * sqrt(1 / n1 + 1 / n2 - 2 * r * nc / (n1 * n2))
  df <- (nc - 1) + ((na + nb + nc - 1) / (na + nb + 2 * nc)) * (na + nb); d <- m2 - m1
  list(estimate = d, std_error = se, statistic = d / se, df = df, p_value = 2 * pt(-abs(d / se), df),
       conf_low = d - qt(.975, df) * se, conf_high = d + qt(.975, df) * se) }) }
t2 <- function(x, y) { o <- overlap(x, y); with(o, {
  se <- sqrt(v1 / n1 + v2 / n2 - 2 * r * sqrt(v1) * sqrt(v2) * nc / (n1 * n2))
  g <- (v1 / n1 + v2 / n2)^2 / ((v1 / n1)^2 / (n1 - 1) + (v2 / n2)^2 / (n2 - 1))
  df <- (nc - 1) + ((g - nc + 1) / (na + nb + 2 * nc)) * (na + nb); d <- m2 - m1
  list(estimate = d, std_error = se, statistic = d / se, df = df, p_value = 2 * pt(-abs(d / se), df),
       conf_low = d - qt(.975, df) * se, conf_high = d + qt(.975, df) * se) }) }
z8 <- function(x, y) { o <- overlap(x, y); with(o, {
  p <- (n1 * m1 + n2 * m2) / (n1 + n2); d <- m2 - m1
  s <- d / sqrt(p * (1 - p) / n1 + p * (1 - p) / n2 - 2 * r * p * (1 - p) * nc / (n1 * n2))
  se <- sqrt(m1 * (1 - m1) / n1 + m2 * (1 - m2) / n2 - 2 * r * sqrt(m1 * (1 - m1) * m2 * (1 - m2)) * nc / (n1 * n2))
  list(estimate = d, std_error = se, statistic = s, p_value = 2 * pnorm(-abs(s)), conf_low = d - z * se, conf_high = d + z * se) }) }
out$overlapping_means_pooled <- t1(wide$score.0, wide$score.2)
out$overlapping_means <- t2(wide$score.0, wide$score.2)
out$overlapping_proportions <- z8(wide$yes.0, wide$yes.2)

# ---- ranks
tied <- na.omit(wide$answer.2 - wide$answer.0)
small <- list(continuous = round(rnorm(18, .4), 3), tied = tied[1:30], large = as.numeric(tied), two = c(1, -2, 3))
data$differences <- small
balance <- function(d) { d <- d[d != 0]; r <- rank(abs(d)); sum(r[d > 0]) / sum(r) * 2 - 1 }
out$signed_rank <- lapply(small, function(d) {
  m <- d[d != 0]; k <- length(m)
  exact <- if (k <= 50) as.numeric(pvalue(wilcoxsign_test(d ~ rep(0, length(d)), distribution = "exact", zero.method = "Wilcoxon"))) else
    suppressWarnings(wilcox.test(d, exact = FALSE, correct = TRUE))$p.value
  loo <- sapply(seq_len(k), function(i) balance(m[-i])); se <- sqrt((k - 1) / k * sum((loo - mean(loo))^2)); b <- balance(d)
  half <- qt(.975, k - 1) * se / (1 - b^2)
  list(estimate = suppressWarnings(effectsize::rank_biserial(d)$r_rank_biserial), estimate_by_hand = b,
       statistic = unname(suppressWarnings(wilcox.test(d))$statistic), p_value = exact, std_error = se,
       conf_low = tanh(atanh(b) - half), conf_high = tanh(atanh(b) + half)) })
two <- list(
  continuous = list(a = round(rnorm(12, .5), 3), b = round(rnorm(15, 0, 2), 3)),
  tied = list(a = na.omit(wide$answer.2)[1:20], b = na.omit(wide$answer.0)[31:55]),
  large = list(a = as.numeric(na.omit(wide$answer.2)), b = as.numeric(na.omit(wide$answer.0))))
data$samples <- two
out$two_samples <- lapply(two, function(s) {
  x <- s$a; y <- s$b; nx <- length(x); ny <- length(y)
  f <- data.frame(v = c(x, y), g = factor(rep(c("a", "b"), c(nx, ny))))
  p <- if (nx + ny <= 50) as.numeric(pvalue(wilcox_test(v ~ g, f, distribution = "exact"))) else
    suppressWarnings(wilcox.test(x, y, exact = FALSE, correct = TRUE))$p.value
  q <- sapply(x, function(v) mean(v > y) + mean(v == y) / 2); w <- sapply(y, function(v) mean(x > v) + mean(x == v) / 2)
  v1 <- var(q) / nx; v2 <- var(w) / ny; se <- sqrt(v1 + v2); df <- (v1 + v2)^2 / (v1^2 / (nx - 1) + v2^2 / (ny - 1))
  e <- mean(q); half <- qt(.975, df) * se / (e * (1 - e))
  list(u = unname(suppressWarnings(wilcox.test(x, y))$statistic), p_value = p,
       rank_biserial = suppressWarnings(effectsize::rank_biserial(x, y)$r_rank_biserial),
       superiority = e, std_error = se, df = df, brunner_munzel_p = 2 * pt(-abs((e - .5) / se), df),
       conf_low = plogis(qlogis(e) - half), conf_high = plogis(qlogis(e) + half)) })

# Tango's score interval: the nuisance share found by maximising the likelihood of three classes
tango <- function(rose, fell, n) {
  score <- function(d) {
    top <- (1 - abs(d)) / 2
    like <- function(q) { p <- c(q + d, q, 1 - 2 * q - d); k <- c(rose, fell, n - rose - fell); sum(ifelse(k == 0, 0, k * log(pmax(p, 1e-300)))) }
    q <- optimize(like, c(max(0, -d), max(0, -d) + top), maximum = TRUE, tol = 1e-13)$maximum
    (rose - fell - n * d) / sqrt(n * (2 * q + d - d^2)) }
  e <- (rose - fell) / n
  list(rose = rose, fell = fell, n = n,
       conf_low = uniroot(function(d) score(d) - z, c(-1 + 1e-9, e - 1e-7), tol = 1e-12)$root,
       conf_high = uniroot(function(d) score(d) + z, c(e + 1e-7, 1 - 1e-9), tol = 1e-12)$root,
       p_value = if (rose + fell) binom.test(rose, rose + fell)$p.value else 1) }
out$sign_test <- list(tango(9, 2, 40), tango(30, 12, 100), tango(0, 6, 25), tango(4, 4, 12))

# ---- several rounds, persons with all of them
all3 <- na.omit(wide)
ordinal_rounds <- as.matrix(all3[, c("answer.0", "answer.1", "answer.2")])
f <- friedman.test(ordinal_rounds); q <- friedman.test(as.matrix(all3[, c("yes.0", "yes.1", "yes.2")]))
scores <- as.matrix(all3[, c("score.0", "score.1", "score.2")])
s <- summary(Anova(lm(scores ~ 1), idata = data.frame(round = factor(0:2)), idesign = ~round), multivariate = FALSE)
ss <- s$univariate.tests
long <- data.frame(v = as.vector(scores), r = factor(rep(0:2, each = nrow(scores))), p = factor(rep(seq_len(nrow(scores)), 3)))
parts <- anova(lm(v ~ p + r, long))[["Sum Sq"]]
out$several_rounds <- list(n = nrow(all3), friedman = list(statistic = unname(f$statistic), p_value = f$p.value),
  cochran = list(statistic = unname(q$statistic), p_value = q$p.value),
  anova = list(statistic = ss["round", "F value"], epsilon = s$pval.adjustments["round", "GG eps"],
               p_value = s$pval.adjustments["round", "Pr(>F[GG])"], effect = parts[2] / sum(parts)))

# ---- shares: McNemar's mid-p by adding up all tables, Newcombe's intervals
midp <- function(r, f) { k <- r + f; if (!k) return(1); p <- dbinom(0:k, k, .5); far <- abs(0:k - k / 2); o <- abs(r - k / 2); sum(p[far > o + 1e-9]) + sum(p[abs(far - o) < 1e-9]) / 2 }
wilson <- function(x, n) suppressWarnings(prop.test(x, n, correct = FALSE))$conf.int
newcombe <- function(both, fell, rose, neither, corrected) {
  n <- both + fell + rose + neither; w1 <- wilson(both + fell, n); w2 <- wilson(both + rose, n)
  p1 <- (both + fell) / n; p2 <- (both + rose) / n
  m <- (both + fell) * (rose + neither) * (both + rose) * (fell + neither); k <- both * neither - fell * rose
  if (corrected && k > 0) k <- max(k - n / 2, 0)
  phi <- if (m == 0) 0 else k / sqrt(m)
  d <- p2 - p1
  c(d - sqrt((p2 - w2[1])^2 - 2 * phi * (p2 - w2[1]) * (w1[2] - p1) + (w1[2] - p1)^2),
    d + sqrt((w2[2] - p2)^2 - 2 * phi * (w2[2] - p2) * (p1 - w1[1]) + (p1 - w1[1])^2)) }
out$paired_shares <- lapply(list(c(10, 2, 9, 19), c(1, 12, 4, 3), c(0, 0, 7, 5), c(20, 0, 0, 0), c(30, 5, 5, 60)), function(x) {
  i <- newcombe(x[1], x[2], x[3], x[4], TRUE); j <- newcombe(x[1], x[2], x[3], x[4], FALSE)
  list(table = x, p_value = midp(x[3], x[2]), conf_low = i[1], conf_high = i[2], plain_low = j[1], plain_high = j[2]) })
out$shares <- lapply(list(c(56, 70, 48, 80), c(9, 10, 3, 10), c(0, 12, 4, 15)), function(x) {
  w1 <- wilson(x[1], x[2]); w2 <- wilson(x[3], x[4]); p1 <- x[1] / x[2]; p2 <- x[3] / x[4]
  test <- suppressWarnings(prop.test(x[c(1, 3)], x[c(2, 4)], correct = FALSE))
  list(counts = x, conf_low = p1 - p2 - sqrt((p1 - w1[1])^2 + (w2[2] - p2)^2), conf_high = p1 - p2 + sqrt((w1[2] - p1)^2 + (p2 - w2[1])^2),
       p_value = test$p.value) })

# ---- cumulative link models
a$answer_f <- factor(a$answer, ordered = TRUE); a$r <- factor(a$round)
m <- clm(answer_f ~ r * arm + age, data = a)
cl <- vcovCL(m, cluster = a$unit, type = "HC0", cadjust = TRUE)
b <- names(m$beta)
out$cumulative_link <- list(coefficients = unname(m$beta), thresholds = unname(m$alpha), loglik = as.numeric(logLik(m)),
  std_error = unname(sqrt(diag(vcov(m)))[b]), clustered = unname(sqrt(diag(cl))[b]))

# the mixed model by brute force: 120 fixed nodes, any optimiser, numerical second derivatives
rule <- statmod::gauss.quad.prob(120, "normal")
x <- model.matrix(~ r * arm + age, a)[, -1]; x[, "age"] <- x[, "age"] / 10
loglik <- function(par, y) {
  k <- max(y); p <- ncol(x); beta <- par[1:p]; th <- c(-Inf, par[p + 1:k], Inf); sd <- par[p + k + 1]
  eta <- as.vector(x %*% beta)
  l <- sapply(rule$nodes, function(node) log(pmax(plogis(th[y + 2] - eta - sd * node) - plogis(th[y + 1] - eta - sd * node), 1e-300)))
  sum(log(as.vector(exp(rowsum(l, a$person)) %*% rule$weights))) }
brute <- function(y, start) {
  o <- optim(start, loglik, y = y, method = "BFGS", control = list(fnscale = -1, reltol = 1e-14, maxit = 500))
  g <- o$par; for (i in 1:3) { h <- numDeriv::hessian(loglik, g, y = y); g <- g - solve(h, numDeriv::grad(loglik, g, y = y)) }
  list(par = g, covariance = solve(-numDeriv::hessian(loglik, g, y = y)), loglik = loglik(g, y)) }
mm <- clmm(answer_f ~ r * arm + I(age / 10) + (1 | person), data = a, nAGQ = 25, Hess = TRUE)
bf <- brute(a$answer, c(mm$beta, mm$alpha, mm$ST[[1]][1]))
k <- length(mm$beta)
out$cumulative_link_mixed <- list(coefficients = bf$par[1:k], thresholds = bf$par[k + seq_along(mm$alpha)], sd = tail(bf$par, 1),
  std_error = sqrt(diag(bf$covariance))[1:k], sd_std_error = sqrt(tail(diag(bf$covariance), 1)), loglik = bf$loglik,
  clmm = list(coefficients = unname(mm$beta), sd = mm$ST[[1]][1], loglik = as.numeric(mm$logLik), std_error = unname(sqrt(diag(vcov(mm)))[names(mm$beta)])))
g <- glmer(yes ~ r * arm + I(age / 10) + (1 | person), a, family = binomial, nAGQ = 25, control = glmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10)))
bg <- brute(a$yes, c(fixef(g)[-1], -fixef(g)[1], getME(g, "theta")))
# shares of yes had everybody been in arm 1, or 0, in the last round, over the persons of the data
marginal <- function(par, arm) {
  d <- a[!duplicated(a$person), ]; x1 <- cbind(0, 1, arm, d$age / 10, 0, arm)
  eta <- as.vector(x1 %*% par[1:6]) - par[7]
  mean(sapply(eta, function(e) integrate(function(u) plogis(e + par[8] * u) * dnorm(u), -Inf, Inf, rel.tol = 1e-11)$value)) }
difference <- function(par) marginal(par, 1) - marginal(par, 0)
gr <- numDeriv::grad(difference, bg$par)
out$random_intercept <- list(columns = colnames(x), coefficients = bg$par[1:6], intercept = -bg$par[7], sd = bg$par[8], loglik = bg$loglik,
  std_error = sqrt(diag(bg$covariance))[1:6],
  glmer = list(coefficients = unname(fixef(g)[-1]), intercept = unname(fixef(g)[1]), sd = unname(getME(g, "theta")), loglik = as.numeric(logLik(g))),
  difference = difference(bg$par), difference_std_error = sqrt(as.numeric(gr %*% bg$covariance %*% gr)))

# ---- units
fit <- lm(score ~ r + arm_of_unit + age, a)
ct <- coef_test(fit, vcov = "CR2", cluster = a$unit, test = "Satterthwaite")
out$clustered <- list(coefficients = unname(coef(fit)), std_error = ct$SE, df = if (is.null(ct$df_Satt)) ct$df else ct$df_Satt, p_value = if (is.null(ct$p_Satt)) ct$p_val else ct$p_Satt)
first <- tapply(a$score[a$round == 0], a$unit[a$round == 0], mean); last <- tapply(a$score[a$round == 2], a$unit[a$round == 2], mean)
t <- t.test(last - first)
out$change_of_units <- list(estimate = unname(t$estimate), df = unname(t$parameter), p_value = t$p.value, conf_low = t$conf.int[1], conf_high = t$conf.int[2])
ends <- a[a$round == 2, ]; means <- tapply(ends$score, ends$unit, mean); inarm <- tapply(ends$arm_of_unit, ends$unit, mean) == 1
all <- combn(length(means), sum(inarm)); stat <- apply(all, 2, function(i) mean(means[i]) - mean(means[-i])); o <- mean(means[inarm]) - mean(means[!inarm])
out$permuted_units <- list(estimate = o, p_value = mean(abs(stat) >= abs(o) - 1e-9), lowest_p = 2 / ncol(all))

out$data <- data
out$engine <- c(R = R.version.string, sapply(c("coin", "effectsize", "ordinal", "lme4", "sandwich", "clubSandwich", "car"), function(x) as.character(packageVersion(x))))
writeLines(toJSON(out, auto_unbox = TRUE, digits = I(14), pretty = TRUE, na = "null"), "samples.json")
