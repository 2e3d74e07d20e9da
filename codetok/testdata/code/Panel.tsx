import React, { useEffect, useMemo, useState } from "react";

type Props<T> = {
  title: string;
  items: ReadonlyArray<T>;
  render?: (item: T, index: number) => React.ReactNode;
  onSelect(item: T | null): void;
};

export function Panel<T extends { id: number; name: string }>({ title, items, render, onSelect }: Props<T>) {
  const [query, setQuery] = useState("");
  const [open, setOpen] = useState<boolean>(false);

  const shown = useMemo(
    () => items.filter((it) => it.name.toLowerCase().includes(query.trim().toLowerCase())),
    [items, query],
  );

  useEffect(() => {
    if (!open) return;
    const close = (e: KeyboardEvent) => e.key === "Escape" && setOpen(false);
    window.addEventListener("keydown", close);
    return () => window.removeEventListener("keydown", close);
  }, [open]);

  return (
    <section className={`panel ${open ? "panel--open" : ""}`} aria-label={title}>
      <h2 onClick={() => setOpen((o) => !o)}>{title} ({shown.length})</h2>
      <input value={query} onChange={(e) => setQuery(e.target.value)} placeholder="Filter…" />
      {shown.length === 0 ? (
        <p>Nothing here &mdash; don&apos;t worry.</p>
      ) : (
        <ul>
          {shown.map((item, i) => (
            <li key={item.id} tabIndex={0} onClick={() => onSelect(item)}>
              {render?.(item, i) ?? <b>{item.name}</b>}
            </li>
          ))}
        </ul>
      )}
      <button type="button" disabled={!query} onClick={() => { setQuery(""); onSelect(null); }}>Clear</button>
    </section>
  );
}
