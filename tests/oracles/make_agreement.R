# Makes agreement.csv (simulated codings of three coders, two of whom read everything) and agreement.json: Cohen's kappa from
# psych, Fleiss' kappa and Krippendorff's nominal alpha written out from their definitions (coincidences of pairs of values).
# Debian: r-base-core r-cran-psych r-cran-jsonlite. Run from the root of the repository; the tests read the numbers only.
suppressPackageStartupMessages({library(psych); library(jsonlite)})
set.seed(20261122)

n <- 90
themes <- c("hope", "time", "trust")
informant <- sprintf("i%02d", rep(1:15, each = 6))
statement <- sprintf("s%03d", 1:n)
truth <- sapply(c(0.55, 0.3, 0.12), function(p) rbinom(n, 1, p))
coders <- c("A", "B", "C")
given <- lapply(coders, function(coder) abs(truth - matrix(rbinom(n * 3, 1, 0.1), n)))
# coder C read the last five interviews not at all
unread <- informant > "i10"
given[[3]][unread, ] <- NA
rows <- do.call(rbind, lapply(1:3, function(c) do.call(rbind, lapply(1:3, function(t) {
  here <- which(given[[c]][, t] == 1)
  data.frame(coder = coders[c], informant = informant[here], role = "patient", statement_id = statement[here], theme = themes[t])
}))))
write.csv(rows, "tests/oracles/agreement.csv", row.names = FALSE, quote = FALSE)

# a coder judged the statements of interviews in which they coded anything; statements that nobody coded are not there
seen <- sort(unique(rows$statement_id))
values <- function(who, theme) {
  sapply(who, function(coder) {
    read <- unique(rows$informant[rows$coder == coder])
    judged <- informant[match(seen, statement)] %in% read
    yes <- seen %in% rows$statement_id[rows$coder == coder & rows$theme == theme]
    ifelse(judged, as.integer(yes), NA)
  })
}
alpha <- function(m) {
  o <- matrix(0, 2, 2)
  for (u in seq_len(nrow(m))) {
    v <- m[u, !is.na(m[u, ])]
    if (length(v) < 2) next
    for (i in seq_along(v)) for (j in seq_along(v)) if (i != j) {
      o[v[i] + 1, v[j] + 1] <- o[v[i] + 1, v[j] + 1] + 1 / (length(v) - 1)
    }
  }
  total <- rowSums(o); size <- sum(total)
  1 - (size - 1) * (o[1, 2] + o[2, 1]) / (2 * total[1] * total[2])
}
fleiss <- function(m) {
  m <- m[complete.cases(m), ]; k <- ncol(m); yes <- rowSums(m); no <- k - yes
  p <- c(sum(no), sum(yes)) / (nrow(m) * k)
  observed <- mean((no^2 + yes^2 - k) / (k * (k - 1)))
  (observed - sum(p^2)) / (1 - sum(p^2))
}
share <- function(m) mean(apply(m, 1, function(v) { v <- v[!is.na(v)]; if (length(v) < 2) NA else mean(combn(v, 2, function(x) x[1] == x[2])) }), na.rm = TRUE)

two <- lapply(setNames(themes, themes), function(theme) {
  seen <<- sort(unique(rows$statement_id[rows$coder != "C"]))
  m <- values(c("A", "B"), theme)
  list(cohen_kappa = cohen.kappa(m)$kappa, krippendorff_alpha = alpha(m), percent_agreement = share(m), n = nrow(m))
})
seen <- sort(unique(rows$statement_id))
three <- lapply(setNames(themes, themes), function(theme) {
  m <- values(coders, theme)
  list(fleiss_kappa = fleiss(m), krippendorff_alpha = alpha(m), percent_agreement = share(m),
       n = sum(rowSums(!is.na(m)) > 1), n_of_all = sum(complete.cases(m)))
})
write_json(list(two = two, three = three), "tests/oracles/agreement.json", digits = 10, auto_unbox = TRUE, pretty = TRUE)
