/** The page that describes the HTTP interface is plain HTML; this says that it is drawn. */

document.body.dataset.ready = "1";
