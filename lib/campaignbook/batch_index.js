(() => {
  const table = document.querySelector("table.campaigns");
  const given = [...table.tBodies[0].rows];
  let rows = given;
  const shown = document.getElementById("shown");
  const [search, verdict, order] = ["search", "verdict", "order"].map((id) => document.getElementById(id));
  const heads = [...table.tHead.rows[0].cells];
  let sorted = "";
  let up = true;

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const fits = (!verdict.value || row.dataset.word === verdict.value)
        && words.every((word) => row.textContent.toLowerCase().includes(word));
      row.hidden = !fits;
      count += fits;
    }
    shown.textContent = `${count} of ${rows.length} lines`;
  };

  const compare = (key) => (a, b) => {
    const [x, y] = [a.dataset[key], b.dataset[key]];
    if (x === "" || y === "") return (x === "") - (y === "");
    const by = key === "campaign" ? x.localeCompare(y) : x - y;
    return up ? by : -by;
  };

  const sort = (key) => {
    up = sorted === key ? !up : true;
    sorted = key;
    rows = key ? [...given].sort(compare(key)) : given;
    table.tBodies[0].append(...rows);
    for (const head of heads) {
      if (head.dataset.key === key) head.setAttribute("aria-sort", up ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
    order.value = key;
  };

  for (const head of heads) {
    const key = head.dataset.key;
    if (!key) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(key));
    head.replaceChildren(button);
  }
  search.addEventListener("input", filter);
  verdict.addEventListener("change", filter);
  order.addEventListener("change", () => { sorted = ""; sort(order.value); });
  document.getElementById("controls").hidden = false;
  filter();
})();
