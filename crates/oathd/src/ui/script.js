// The one script of oathd. Pages work without it; it adds what is listed here, found by attributes.
//
//   <time datetime>            shown in the reader's time, the UTC as its title; with [data-seconds] to the
//                              second
//   [data-list]                around a table and its bulk bar: selection is counted within it
//     [data-pick]              a row's checkbox; with Shift, all up to the one before
//     [data-pick-all]          label with the checkbox of the header; shown by the script
//     [data-selected]          says how many are selected
//     [data-all="12,345"]      checkbox for all that match, with their number
//   [data-typed=WORD]          input: [data-typed-button] of its form waits until WORD stands in it
//   [data-search=URL]          input that looks for users: GET URL?q=TEXT answers
//                              [{login, name, status, problem}]; the login is put into the input.
//                              Where its form has a field idp, that place is named, too
//   [data-events=URL]          server-sent events of a run, shown within it (or its [data-run] parent):
//     event progress           {state, value, max, text: {hook: text}}
//       [data-state]           gets the badge of the state        [data-bar] the <progress>
//       [data-text=HOOK]       gets the text of the hook; "" empties it
//       [data-say]             is read out from [data-said], every 5 s at most
//       [data-when="a,b"]      is shown in these states only (anywhere on the page)
//     event row                {row, cells: {hook: text}}: [data-row] of that name, [data-cell=HOOK];
//                              badges are copied from <template data-badges> by their word
//     event end                the page is loaded again, and where stream and page are refused
//   [data-copied]              around [data-copy-text], [data-copy] (button), [data-copy-said]
//   form                       of method post is sent once
//   [data-submit-now]          form that is sent at once
//   html[data-reload=SECONDS]  is loaded again after these
//   html[data-keys="off"      no single keys; otherwise "/" goes to [data-slash], "?" opens
//   dialog[data-keys-help]     which [data-close] closes and [data-open-keys] opens, too
"use strict";
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const made = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };

  // Times

  const two = (number) => String(number).padStart(2, "0");
  function localTimes(root) {
    for (const time of all("time[datetime]:not([title])", root)) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      time.title = time.textContent;
      const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
      const seconds = "seconds" in time.dataset ? `:${two(at.getSeconds())}` : "";
      time.textContent = `${day} ${two(at.getHours())}:${two(at.getMinutes())}${seconds}`;
    }
  }

  // Selection

  function selection(list) {
    const picks = all("[data-pick]", list);
    const header = one("[data-pick-all]", list);
    const headerBox = header && one("input", header);
    const said = one("[data-selected]", list);
    const every = one("[data-all]", list);
    let last = null;
    const show = () => {
      const count = picks.filter((pick) => pick.checked).length;
      // Whoever takes a row out does not mean all that match.
      if (every && count < picks.length) every.checked = false;
      const shown = every && every.checked ? every.dataset.all : String(count);
      if (said) said.textContent = count ? `${shown} selected` : "";
      if (headerBox) {
        headerBox.checked = count > 0 && count === picks.length;
        headerBox.indeterminate = count > 0 && count < picks.length;
      }
    };
    const range = (from, to, checked) => {
      const [start, end] = [picks.indexOf(from), picks.indexOf(to)].sort((a, b) => a - b);
      for (const pick of picks.slice(start, end + 1)) pick.checked = checked;
    };
    if (header && picks.length) header.hidden = false;
    list.addEventListener("click", (event) => {
      const pick = event.target;
      if (!picks.includes(pick)) return;
      if (event.shiftKey && last) range(last, pick, pick.checked);
      last = pick;
      show();
    });
    list.addEventListener("change", (event) => {
      const box = event.target;
      if (box === headerBox || (box === every && every.checked)) for (const pick of picks) pick.checked = box.checked;
      show();
    });
    addEventListener("pageshow", show);
    show();
  }

  function typed(input) {
    const button = input.form && one("[data-typed-button]", input.form);
    if (!button) return;
    const check = () => { button.disabled = input.value.trim() !== input.dataset.typed; };
    input.addEventListener("input", check);
    addEventListener("pageshow", check);
    check();
  }

  // Users, looked for while one types

  let lists = 0;
  function search(input) {
    const list = made("ul", "found");
    const status = made("p", "unseen");
    let people = [];
    let at = -1;
    let timer = 0;
    let asked = null;
    list.id = `found-${++lists}`;
    list.hidden = true;
    for (const [name, value] of Object.entries({ role: "listbox", "aria-label": "Users found" })) list.setAttribute(name, value);
    status.setAttribute("role", "status");
    const set = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id };
    for (const [name, value] of Object.entries(set)) input.setAttribute(name, value);
    input.after(list, status);

    const close = () => {
      clearTimeout(timer);
      if (asked) asked.abort();
      list.hidden = true;
      status.className = "unseen";
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const take = (person) => {
      input.value = person.login;
      close();
      input.dispatchEvent(new Event("change", { bubbles: true }));
    };
    const go = (to) => {
      at = (to + people.length) % people.length;
      [...list.children].forEach((item, index) => {
        item.setAttribute("aria-selected", String(index === at));
        if (index !== at) return;
        input.setAttribute("aria-activedescendant", item.id);
        item.scrollIntoView({ block: "nearest" });
      });
    };
    const item = (person, index) => {
      const node = made("li");
      node.id = `${list.id}-${index}`;
      node.setAttribute("role", "option");
      node.setAttribute("aria-selected", "false");
      const about = [person.name && person.name !== person.login ? person.login : "", person.status];
      node.append(made("span", "", person.name || person.login), made("span", "", about.filter(Boolean).join(" · ")));
      if (person.problem) node.append(made("span", "bad", person.problem));
      node.addEventListener("mousedown", (event) => event.preventDefault());
      node.addEventListener("click", () => take(person));
      return node;
    };
    const show = (found, said) => {
      people = found;
      at = -1;
      list.replaceChildren(...people.map(item));
      list.hidden = people.length === 0;
      input.setAttribute("aria-expanded", String(people.length > 0));
      input.removeAttribute("aria-activedescendant");
      status.className = people.length === 0 ? "hint" : "unseen";
      status.textContent = said || (people.length === 0 ? "No user found." : people.length === 1 ? "1 user found" : `${people.length} users found`);
    };
    const failed = () => show([], "The users could not be searched. Type the whole login.");
    const ask = async () => {
      if (asked) asked.abort();
      asked = new AbortController();
      const { signal } = asked;
      const text = input.value.trim();
      if (text.length < 2) return close();
      const url = new URL(input.dataset.search, location.href);
      url.searchParams.set("q", text);
      const place = input.form && input.form.elements.idp;
      if (place && place.value) url.searchParams.set("idp", place.value);
      try {
        const answer = await fetch(url, { signal, headers: { accept: "application/json" } });
        const found = answer.ok ? await answer.json() : null;
        if (signal.aborted || document.activeElement !== input) return;
        if (found) show(found);
        else failed();
      } catch (error) {
        if (error.name !== "AbortError") failed();
      }
    };
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(ask, 200);
    });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      const open = !list.hidden;
      if (event.key === "ArrowDown" && !open) ask();
      else if (event.key === "ArrowDown") go(at + 1);
      else if (event.key === "ArrowUp" && open) go(at < 0 ? -1 : at - 1);
      else if (event.key === "Enter" && open && at >= 0) take(people[at]);
      else if (event.key === "Escape" && open) close();
      else return;
      event.preventDefault();
    });
  }

  // Runs

  function run(block) {
    const root = block.closest("[data-run]") || document;
    const badges = one("template[data-badges]", block);
    const said = one("[data-said]", block);
    const rows = new Map(all("[data-row]", root).map((row) => [row.dataset.row, row]));
    let spoken = 0;
    let speaking = 0;
    const badge = (word) => {
      const all = badges ? [...badges.content.children] : [];
      const found = all.find((badge) => badge.dataset.badge === word);
      return found ? found.cloneNode(true) : document.createTextNode(word);
    };
    const say = () => {
      if (!said || speaking) return;
      const speak = () => {
        speaking = 0;
        spoken = Date.now();
        said.textContent = one("[data-say]", block).textContent;
      };
      speaking = setTimeout(speak, Math.max(0, spoken + 5000 - Date.now()));
    };
    const progress = (data) => {
      const bar = one("[data-bar]", block);
      if (bar) [bar.max, bar.value] = [Math.max(1, data.max), data.value];
      for (const [hook, text] of Object.entries(data.text)) {
        for (const node of all("[data-text]", block)) if (node.dataset.text === hook && node.textContent !== text) node.textContent = text;
      }
      for (const node of all("[data-state]", root)) {
        if (node.textContent.trim() !== data.state) node.replaceChildren(badge(data.state));
      }
      for (const node of all("[data-when]")) node.hidden = !node.dataset.when.split(",").includes(data.state);
      say();
    };
    const settle = (data) => {
      const row = rows.get(data.row);
      if (!row) return;
      for (const cell of all("[data-cell]", row)) {
        const text = data.cells[cell.dataset.cell];
        if (text !== undefined) cell.replaceChildren(cell.dataset.cell === "note" ? document.createTextNode(text) : badge(text));
      }
    };
    // Where the page is refused, too, as nobody is signed in after a restart, one sees what it says instead.
    const refused = async () => {
      const asked = fetch(location.href, { method: "HEAD", redirect: "manual" });
      const answer = await asked.catch(() => null);
      const isGone = answer && (answer.type === "opaqueredirect" || (answer.status >= 400 && answer.status < 500));
      if (isGone) location.reload();
      else setTimeout(listen, 5000);
    };
    const listen = () => {
      const events = new EventSource(block.dataset.events);
      const on = (name, take) => events.addEventListener(name, (event) => take(JSON.parse(event.data)));
      on("progress", progress);
      on("row", settle);
      events.addEventListener("end", () => {
        events.close();
        location.reload();
      });
      // The browser comes back by itself after a break, but not after an answer that is no stream.
      events.addEventListener("error", () => {
        if (events.readyState === EventSource.CLOSED) refused();
      });
      addEventListener("pagehide", () => events.close(), { once: true });
    };
    listen();
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  }

  // Copying

  function copying(block) {
    const button = one("[data-copy]", block);
    const word = one("[data-copy-said]", block);
    if (!button || !navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(one("[data-copy-text]", block).textContent);
        word.textContent = "Copied";
      } catch {
        word.textContent = "Not allowed";
      }
      setTimeout(() => { word.textContent = "Copy"; }, 2000);
    });
  }

  // Forms are sent once

  const sent = new Set();
  const buttonsOf = (form) => [...form.elements].filter((control) => control.type === "submit");
  function submit(event) {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (sent.has(form)) return event.preventDefault();
    sent.add(form);
    // Later: a button that is disabled now is left out of what is sent.
    const buttons = buttonsOf(form).filter((button) => !button.disabled);
    setTimeout(() => {
      for (const button of buttons) {
        button.disabled = true;
        button.dataset.sent = "";
      }
    });
  }
  function unlock() {
    sent.clear();
    for (const button of all("[data-sent]")) {
      button.disabled = false;
      delete button.dataset.sent;
    }
  }

  // Keys

  const help = one("dialog[data-keys-help]");
  const openHelp = () => { if (help && !help.open) help.showModal(); };
  const writing = (node) => node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName);
  function key(event) {
    const off = document.documentElement.dataset.keys === "off";
    if (off || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || writing(event.target)) return;
    const field = one("[data-slash]");
    if (event.key === "?") openHelp();
    else if (event.key === "/" && field && !(help && help.open)) {
      field.focus();
      field.select();
    } else return;
    event.preventDefault();
  }
  function click(event) {
    const near = (selector) => event.target instanceof Element && event.target.closest(selector);
    if (near("[data-close]")) near("[data-close]").closest("dialog").close();
    if (near("[data-open-keys]") && help && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      openHelp();
    }
  }

  // Start: `unlock` goes before `typed`, whose buttons may have to wait again.

  addEventListener("pageshow", unlock);
  document.addEventListener("submit", submit);
  document.addEventListener("keydown", key);
  document.addEventListener("click", click);
  localTimes(document);
  all("[data-list]").forEach(selection);
  all("[data-typed]").forEach(typed);
  all("[data-search]").forEach(search);
  all("[data-events]").forEach(run);
  all("[data-copied]").forEach(copying);
  const { reload } = document.documentElement.dataset;
  if (reload) setTimeout(() => location.reload(), Number(reload) * 1000);
  const now = one("form[data-submit-now]");
  if (now) now.requestSubmit();
})();
