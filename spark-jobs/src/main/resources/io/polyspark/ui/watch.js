// Asks the server for what is new of a run, again and again for as long as it goes on.

const PAUSE = 2000;
const LONGEST_PAUSE = 60000;

/**
 * Watches the run of a page, or waits until there is one.
 *
 * @param page has the data attributes base, run and, once it is known, state
 * @param begin is called once, with a function that asks at once, for all (true) or for what is new (false). It returns what
 *   asks the server and shows the answer: a function of the same flag and of an AbortSignal, true where it wants to ask for all again
 */
export function watch(page, begin) {
  if (!page.dataset.run) {
    setTimeout(() => location.reload(), PAUSE);
    return;
  }
  const show = begin(ask);
  let pause = PAUSE;
  let timer;
  let asking;
  document.addEventListener("visibilitychange", () => document.hidden || ask(false));
  ask(true);

  async function ask(anew) {
    clearTimeout(timer);
    asking?.abort();
    asking = new AbortController();
    try {
      const again = await show(anew, asking.signal);
      pause = PAUSE;
      if (again) {
        ask(true);
        return;
      }
    } catch (failure) {
      if (failure.name === "AbortError") {
        return;
      }
      document.getElementById("state").textContent = "The application does not answer: it may have ended. What follows is the last that it said.";
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
    if ((page.dataset.state ?? "running") === "running" && !document.hidden) {
      timer = setTimeout(() => ask(false), pause);
    }
  }
}

export async function fetchJson(page, query, signal) {
  const response = await fetch(`${page.dataset.base}/json/?${query}`, { signal });
  if (!response.ok) {
    throw new Error(`status ${response.status}`);
  }
  return response.json();
}
