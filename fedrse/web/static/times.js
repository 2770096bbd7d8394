// Times are written in UTC by the server; people see them in their own time zone.
const language = document.documentElement.lang;
const full = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" });

for (const element of document.querySelectorAll("time[data-local]")) {
  const moment = new Date(element.dateTime);
  if (!Number.isNaN(moment.valueOf())) {
    element.title = full.format(moment);
  }
}
