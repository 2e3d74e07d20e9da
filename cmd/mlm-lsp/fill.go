package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mlm-lsp/model"
	"mlm-lsp/treesitter"
)

// maskText is how a text writes the place that fill is asked about.
const maskText = "<mask>"

// newFill returns the command that asks what belongs behind a mask.
func newFill() *cobra.Command {
	var flags modelFlags
	var lang string
	var choices []string
	var top int
	cmd := &cobra.Command{
		Use:   "fill FILE|-",
		Short: "Say what belongs behind each <mask> of a text",
		Example: `  echo 'for i := 0; i <mask> len(items); i++ {' | mlm-lsp fill - --lang go
  mlm-lsp fill snippet.py --choices open,close`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case top < 1:
				return usageError{fmt.Errorf("--top %d: it is a number of candidates", top)}
			case cmd.Flags().Changed("choices") && (len(choices) == 0 || slices.Contains(choices, "")):
				return usageError{errors.New("--choices: there is an empty one among them")}
			}
			text, lang, err := readMasked(args[0], lang)
			if err != nil {
				return err
			}
			m, err := flags.open(cmd.Context())
			if err != nil {
				return err
			}
			defer m.Close()
			parts := strings.Split(text, maskText)
			var queries []model.Query
			for i := 0; i+1 < len(parts); i++ {
				// The other masks of the text are left out: each answer stands alone.
				queries = append(queries, model.Query{
					Language: lang, Before: strings.Join(parts[:i+1], ""), After: strings.Join(parts[i+1:], ""),
					Choices: choices, TopK: top,
				})
			}
			predictions, err := m.Predict(cmd.Context(), queries)
			if err != nil {
				return err
			}
			for i, p := range predictions {
				if i > 0 {
					fmt.Fprintln(cmd.OutOrStdout())
				}
				printCandidates(cmd.OutOrStdout(), p)
			}
			return nil
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&lang, "lang", "", "the text's language (default: by the file's name)")
	cmd.Flags().StringSliceVar(&choices, "choices", nil, "the texts to choose among, one with a comma in double quotes (default: anything)")
	cmd.Flags().IntVar(&top, "top", 5, "how many candidates to show")
	return cmd
}

func readMasked(path, lang string) (text, language string, err error) {
	b, err := readInput(path)
	if err != nil {
		return "", "", err
	}
	if !strings.Contains(string(b), maskText) {
		return "", "", usageError{errors.New("no " + maskText + " in the text: write it where something is to be filled in")}
	}
	if lang == "" {
		lang = treesitter.LanguageOfText(path, b)
	}
	// Without a language the model still answers, only without the language's tag.
	if lang != "" {
		if err := knownLanguage(lang, path); err != nil {
			return "", "", err
		}
	}
	return string(b), lang, nil
}

func printCandidates(w io.Writer, p model.Prediction) {
	for _, c := range p.Candidates {
		fmt.Fprintf(w, "%6.2f%%  %s\n", 100*math.Exp(c.LogProb), c.Text)
	}
}
