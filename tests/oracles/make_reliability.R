# Makes reliability.csv and reliability_one_factor.csv (simulated) and reliability.json. Debian: r-base-core r-cran-psych r-cran-gparotation r-cran-jsonlite. The tests read the numbers only.
suppressMessages({library(psych); library(jsonlite)})
set.seed(20261122)
persons <- 240
general <- rnorm(persons)
groups <- matrix(rnorm(persons * 3), persons)
loading <- c(.6, .5, .7, .6, .5, .6, .7, .6, .5, .6, .5, .6)
latent <- sapply(1:12, function(i) loading[i] * general + .5 * groups[, (i - 1) %/% 4 + 1] + .6 * rnorm(persons))
items <- apply(latent, 2, function(x) as.integer(cut(x, c(-Inf, -.9, -.2, .5, 1.2, Inf))))
items[, 9] <- 6 - items[, 9]                       # one item runs against the rest
first <- rowSums(items[, 1:4])
second <- pmin(20, pmax(4, round(first + rnorm(persons, .5, 2))))
write.csv(data.frame(items, first, second), "reliability.csv", row.names = FALSE)
keyed <- items
keyed[, 9] <- 6 - keyed[, 9]
feldt <- function(x) {
  a <- psych::alpha(x, warnings = FALSE)
  raw <- a$total$raw_alpha
  ci <- alpha.ci(raw, n.obs = nrow(x), n.var = ncol(x), digits = 12)
  list(alpha = raw, low = ci$lower.ci, high = ci$upper.ci, rest = unname(a$item.stats$r.drop))
}
one <- fa(keyed, 1, fm = "ml")
sds <- apply(keyed, 2, sd)
l <- one$loadings[, 1]
total <- sum(l * sds)^2 / (sum(l * sds)^2 + sum((1 - l^2) * sds^2))
sl <- schmid(cor(keyed), nfactors = 3, fm = "ml", rotate = "oblimin", n.obs = persons)
g <- sl$sl[, "g"]
rest <- rowSums(items) - items[, 9]
ci <- cor.test(items[, 9], rest)$conf.int
agreement <- ICC(cbind(first, second), lmer = FALSE)$results["Single_random_raters", ]
# scales of one dimension: in the first a group factor coincides with the general one, in the second oblimin started from
# unrotated loadings ends in a minimum that is not the lowest
one_factor <- function(seed, persons, unique) {
  set.seed(seed)
  general <- rnorm(persons)
  sapply(1:12, function(i) as.integer(cut(.7 * general + unique * rnorm(persons), c(-Inf, -.9, -.2, .5, 1.2, Inf))))
}
hierarchical <- function(x) {
  sl <- suppressWarnings(schmid(cor(x), nfactors = 3, fm = "ml", rotate = "oblimin", n.obs = nrow(x)))
  list(omega = sum(sl$sl[, "g"] * apply(x, 2, sd))^2 / sum(cov(x)), general = sort(as.numeric(sl$gloading)))
}
sets <- list(coincides = one_factor(20261129, 240, .7), rotation = one_factor(2712, 200, .71))
write.csv(do.call(rbind, lapply(names(sets), function(s) data.frame(set = s, sets[[s]]))), "reliability_one_factor.csv",
          row.names = FALSE, quote = FALSE)
write_json(list(
  made_with = paste(R.version.string, "; psych", as.character(packageVersion("psych"))),
  keyed = feldt(keyed), raw = feldt(items),
  omega_total = total, omega_hierarchical = sum(g * sds)^2 / sum(cov(keyed)),
  rest_9 = c(cor(items[, 9], rest), ci[1], ci[2]),
  icc = c(agreement$ICC, agreement[["lower bound"]], agreement[["upper bound"]]),
  sem = sd(rowSums(keyed)) * sqrt(1 - feldt(keyed)$alpha),
  one_factor = lapply(sets, hierarchical)
), "reliability.json", auto_unbox = TRUE, digits = 12, pretty = TRUE)
