// Where tokens of a heat map go when their text is edited, until it is asked for anew.

export interface Place {
  line: number;
  character: number;
}

export interface Span {
  start: Place;
  end: Place;
}

// moved returns where a span is after the text of another was replaced; undefined when what was replaced touches it, and what was known of it no longer holds.
export function moved(span: Span, replaced: Span, text: string): Span | undefined {
  if (before(span.end, replaced.start)) {
    return span;
  }
  if (before(replaced.end, span.start)) {
    return { start: shift(span.start, replaced, text), end: shift(span.end, replaced, text) };
  }
  return undefined;
}

function before(a: Place, b: Place): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character);
}

function shift(place: Place, replaced: Span, text: string): Place {
  const lines = text.split(/\r\n|\r|\n/);
  const last = lines[lines.length - 1] ?? '';
  const line = place.line - replaced.end.line + replaced.start.line + lines.length - 1;
  if (place.line > replaced.end.line) {
    return { line, character: place.character };
  }
  const from = lines.length === 1 ? replaced.start.character : 0;
  return { line, character: place.character - replaced.end.character + from + last.length };
}
