// Where tokens of a heat map go when their text is edited, until it is asked for anew.

export interface Place {
  line: number;
  character: number;
}

export interface Span {
  start: Place;
  end: Place;
}

// mover returns where a span is after the text of another was replaced; undefined when what was replaced touches it, and what was known of it no longer holds.
export function mover(replaced: Span, text: string): (span: Span) => Span | undefined {
  const lines = text.split(/\r\n|\r|\n/); // once: a paste may be long, and spans are many
  const last = (lines[lines.length - 1] ?? '').length + (lines.length === 1 ? replaced.start.character : 0);
  const shift = ({ line, character }: Place): Place => ({
    line: line - replaced.end.line + replaced.start.line + lines.length - 1,
    character: line > replaced.end.line ? character : character - replaced.end.character + last,
  });
  return (span) => {
    if (before(span.end, replaced.start)) {
      return span;
    }
    return before(replaced.end, span.start) ? { start: shift(span.start), end: shift(span.end) } : undefined;
  };
}

function before(a: Place, b: Place): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character);
}
