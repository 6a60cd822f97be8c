# Two-way fixed effects with CR1 and CR2 by unit or by cluster, and group-time differences as regressions of long differences,
# for series/differences.py.  Debian: r-cran-clubsandwich r-cran-jsonlite.  Run in this folder:  Rscript make_differences.R
suppressPackageStartupMessages({library(clubSandwich); library(jsonlite)})
set.seed(11)
panel <- function(starts, periods, effect) {
  u <- length(starts); d <- expand.grid(period = 1:periods, unit = 1:u)
  n <- sample(20:90, u, replace = TRUE); level <- rnorm(u, 20, 3); season <- rnorm(periods)
  d$start <- starts[d$unit]; on <- !is.na(d$start) & d$period >= d$start; since <- ifelse(on, d$period - d$start, 0)
  d$outcome <- round(level[d$unit] + season[d$period] + .1 * d$period + ifelse(on, effect - .3 * since, 0) + rnorm(nrow(d), 0, 8 / sqrt(n[d$unit])), 4)
  d$n <- n[d$unit]; d$unit <- sprintf("ward-%02d", d$unit); d[c("unit", "period", "start", "n", "outcome")] }
one <- panel(c(rep(6, 6), rep(NA, 8)), 10, -2); one$hospital <- sprintf("h%d", 1 + (as.integer(sub("ward-", "", one$unit)) - 1) %/% 2)
write.csv(one, "panel_one_start.csv", row.names = FALSE, quote = FALSE, na = "")
staggered <- panel(c(rep(4, 5), rep(6, 7), rep(7, 4), rep(NA, 14)), 8, -2)
write.csv(staggered, "panel_staggered.csv", row.names = FALSE, quote = FALSE, na = "")
# weights are precisions, as in a regression weighted by the persons behind a mean
test <- function(fit, cluster, name) { f <- function(type) { t <- coef_test(fit, vcovCR(fit, cluster = cluster, type = type, inverse_var = !is.null(fit$weights)), test = "Satterthwaite", coefs = name)
  list(std_error = t$SE, df = t$df_Satt, p_value = t$p_Satt) }
  list(estimate = unname(coef(fit)[name]), CR0 = f("CR0"), CR1 = f("CR1"), CR2 = f("CR2")) }
one$on <- as.numeric(!is.na(one$start) & one$period >= one$start)
one$half <- factor(one$period); one$unit <- factor(one$unit)
plain <- lm(outcome ~ on + unit + half, one)
weighted <- lm(outcome ~ on + unit + half, one, weights = n)
out <- list(versions = paste("clubSandwich", packageVersion("clubSandwich")),
  two_way = list(unit = test(plain, one$unit, "on"), hospital = test(plain, one$hospital, "on"), weighted = test(weighted, one$unit, "on")))
wide <- reshape(staggered, idvar = "unit", v.names = "outcome", timevar = "period", direction = "wide")
for (g in c(4, 6, 7)) for (t in 1:8) if (t != g - 1) {
  change <- wide[[paste0("outcome.", t)]] - wide[[paste0("outcome.", g - 1)]]
  never <- is.na(wide$start); mine <- !never & wide$start == g
  later <- never | (wide$start > max(t, g - 1) & wide$start != g)
  for (who in c("never", "later")) { keep <- mine | get(who); x <- as.numeric(mine)[keep]; y <- change[keep]; u <- wide$unit[keep]; w <- wide$n[keep]
    out$group_time[[paste(g, t, who)]] <- test(lm(y ~ x), u, "x")
    out$group_time_weighted[[paste(g, t, who)]] <- test(lm(y ~ x, weights = w), u, "x") } }
# not yet treated, each start with a mean of its own: the comparison is their mean by number
for (g in c(4, 6)) for (t in 1:6) if (t != g - 1) { later <- is.na(wide$start) | (wide$start > max(t, g - 1) & wide$start != g)
  keep <- later | (!is.na(wide$start) & wide$start == g); kind <- factor(ifelse(is.na(wide$start), 0, wide$start)[keep])
  fit <- lm((wide[[paste0("outcome.", t)]] - wide[[paste0("outcome.", g - 1)]])[keep] ~ 0 + kind)
  size <- as.numeric(table(kind)); mine <- levels(kind) == g; c <- ifelse(mine, 1, -size / sum(size[!mine]))
  out$strata[[paste(g, t)]] <- sqrt(as.numeric(t(c) %*% vcovCR(fit, cluster = wide$unit[keep], type = "CR2") %*% c)) }
writeLines(toJSON(out, auto_unbox = TRUE, digits = I(12), pretty = TRUE), "differences.json")
