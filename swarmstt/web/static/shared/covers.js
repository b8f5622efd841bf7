// Covers of books, one after the other: each may have to be looked for, and the page asks for other things meanwhile.

import { bookPath } from "./api.js";

let last = Promise.resolve();

// Shows the book's cover in a hidden image; it stays hidden if there is none.
export function showCover(bookId, image) {
  last = last.then(() => new Promise((done) => {
    image.onload = () => {
      image.hidden = false;
      done();
    };
    image.onerror = done;
    image.src = bookPath(bookId, "cover");
  }));
}
