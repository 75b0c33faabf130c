// How many alarms ask for an answer, in the title that the browser's tab shows.

let own = "";

/** Put a count in front of the page's title; none where nothing asks. */
export function countInTitle(count: number): void {
  own ||= document.title;
  const title = count ? `(${count}) ${own}` : own;
  if (document.title !== title) document.title = title;
}
