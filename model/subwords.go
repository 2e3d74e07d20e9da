package model

// Subwords counts the subwords of a text that stands alone; inside other text a tokenizer may cut its ends otherwise.
func (m *Model) Subwords(text string) int { return len(m.tok.Encode(text).IDs) }
