# Reads the released table that peereval wrote, looks at it, and writes it again as R does.
# Rscript make_tidy.R, in this folder.
rates <- read.csv("tidy/written_by_peereval.csv", check.names = FALSE)
stopifnot(
  identical(names(rates)[5:7], c("conf.low", "conf.high", "conf.level")),
  is.numeric(rates$estimate), is.logical(rates$withheld), is.character(rates$group),
  is.na(rates$estimate[rates$withheld]), !is.na(rates$estimate[!rates$withheld]),
  rates$group[1] == "'=2+3", is.na(rates$term[1]), rates$term[2] == "", rates$group[2] == "'NA"
)
write.csv(rates, "tidy/written_by_r.csv", row.names = FALSE)
numbers <- list(
  sum_of_estimates = sum(rates$estimate, na.rm = TRUE), rows = nrow(rates), withheld = sum(rates$withheld),
  description = jsonlite::fromJSON("tidy/written_by_peereval.json")$description
)
write(jsonlite::toJSON(numbers, auto_unbox = TRUE, digits = NA), "tidy/numbers.json")
