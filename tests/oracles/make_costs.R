# Reference numbers from R for costs and effects simulated here. Run in this folder: Rscript make_costs.R
# Needs Debian's r-base-core, r-recommended (boot), r-cran-clubsandwich and r-cran-jsonlite.
suppressPackageStartupMessages({library(boot); library(clubSandwich); library(jsonlite)})
set.seed(20261123)
out <- list()

# ---- 60 persons with peer support and 55 with usual care: skewed costs, bed days that go with them, readmissions that differ
# little; all_cost and recovery differ little too
persons <- function(arm, n, base, days, back) {
  ill <- rgamma(n, 1.5, 1.5)
  data.frame(arm = arm, cost = round(base + 400 * ill * rgamma(n, 4, 4), 1), bed_days = rnbinom(n, mu = days * ill, size = 2),
    readmissions = rpois(n, back * ill), all_cost = round(4000 + 3000 * ill * rgamma(n, 4, 4), 1),
    recovery = round(rnorm(n, 40, 8))) }
d <- rbind(persons("peer", 60, 1500, 6, 1), persons("usual", 55, 700, 24, 1.3))
d$unit <- paste("ward", ifelse(d$arm == "peer", 1, 7) + (seq_len(nrow(d)) * 7) %% 11 %% ifelse(d$arm == "peer", 6, 5))
write.csv(d, "costs.csv", row.names = FALSE)
peer <- d$arm == "peer"
welch <- function(x) {
  f <- t.test(x[peer], x[!peer])
  list(estimate = unname(f$estimate[1] - f$estimate[2]), std_error = f$stderr, df = unname(f$parameter),
       low = f$conf.int[1], high = f$conf.int[2],
       above = t.test(x[peer], x[!peer], alternative = "greater")$p.value) }
out$incremental_cost <- welch(d$cost)
out$incremental_effect <- welch(-d$bed_days)
thresholds <- c(0, 50, 80, 150, 400)
out$thresholds <- thresholds
out$net_benefit <- lapply(thresholds, function(r) welch(-r * d$bed_days - d$cost))

# ---- Fieller's interval by its definition: the ratios at which a t test with the degrees of freedom that Welch's test has at
# the ratio observed does not tell net benefit from 0, found by walking over all directions and bisecting between neighbours of
# which one is rejected
edges <- function(cost, effect, unit) {
  gain <- function(x) mean(x[peer]) - mean(x[!peer])
  df <- t.test((gain(cost) / gain(effect) * effect - cost)[peer], (gain(cost) / gain(effect) * effect - cost)[!peer])$parameter
  kept <- function(angle) {
    x <- sin(angle) * effect * unit - cos(angle) * cost
    2 * pt(-abs(t.test(x[peer], x[!peer])$statistic), df) - .05 }
  grid <- seq(-pi / 2, pi / 2, length.out = 4001); p <- sapply(grid, kept)
  turns <- which(p[-1] * p[-length(p)] < 0)
  list(edges = sapply(turns, function(i) unit * tan(uniroot(kept, grid[c(i, i + 1)], tol = 1e-13)$root)),
       all_kept = all(p > 0)) }
out$bounded <- edges(d$cost, -d$bed_days, 50)
out$all_but_a_range <- edges(d$cost, -d$readmissions, 1000)
out$whole_line <- edges(d$all_cost, d$recovery, 200)

# ---- wards as the sample: CR2 and Satterthwaite's degrees of freedom of clubSandwich on net benefit
out$units <- lapply(thresholds, function(r) {
  fit <- lm(I(-r * bed_days - cost) ~ arm, data = transform(d, arm = factor(arm, c("usual", "peer"))))
  found <- coef_test(fit, vcov = vcovCR(fit, cluster = d$unit, type = "CR2"), test = "Satterthwaite")
  list(estimate = found$beta[2], std_error = found$SE[2], df = found$df_Satt[2]) })

# ---- bootstrap within arms, cost and effect together
b <- boot(d, function(x, i) {
  y <- x[i, ]; p <- y$arm == "peer"
  c(mean(y$cost[p]) - mean(y$cost[!p]), mean(y$bed_days[!p]) - mean(y$bed_days[p])) }, R = 20000, strata = factor(d$arm))
out$boot <- lapply(thresholds, function(r) {
  s <- r * b$t[, 2] - b$t[, 1]
  list(low = unname(quantile(s, .025)), high = unname(quantile(s, .975)), share = mean(s > 0), std_error = sd(s)) })
write_json(out, "costs.json", digits = 12, auto_unbox = TRUE, pretty = TRUE)
