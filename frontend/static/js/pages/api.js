/** Page of the HTTP interface, which is plain HTML: marks it as drawn. */

document.body.dataset.ready = "1";
