package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"mlm-lsp/training/shard"
)

// newShards returns the commands that carry training text from one machine to another.
func newShards() *cobra.Command {
	cmd := &cobra.Command{Use: "shards", Short: "Carry the encoded text of a training to another machine"}
	group(cmd)
	cmd.AddCommand(newShardsPack(), newShardsUnpack())
	return cmd
}

func newShardsPack() *cobra.Command {
	var limit float64
	cmd := &cobra.Command{
		Use:   "pack DIR FILE",
		Short: "Pack the shards of a directory into one small file",
		Long: `Pack the shards that "mlm-lsp train" left in BUNDLE.training/shards into one file of less than a fourth of
their size. With --limit it holds that many millions of subwords to learn from: whole files, chosen so that every
language and project keeps its share.`,
		Example: `  mlm-lsp shards pack default.training/shards corpus.pack --limit 60`,
		Args: usage(func(cmd *cobra.Command, args []string) error {
			if limit < 0 {
				return errors.New("--limit is a number of millions")
			}
			return cobra.ExactArgs(2)(cmd, args)
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			record, err := packTo(args[1], args[0], int(limit*1e6))
			if err != nil {
				return err
			}
			each := func(bytes int64) float64 { return float64(bytes) / float64(record.Subwords) }
			fmt.Fprintf(cmd.OutOrStdout(), "%d shards, %d subwords, %d of them held out: %.1f MB, %.2f bytes a subword (ids %.2f, classes %.2f, the rest %.2f)\n",
				record.Shards, record.Subwords, record.HeldOut, float64(record.Bytes)/1e6, each(record.Bytes), each(record.IDs), each(record.Classes), each(record.Rest))
			return nil
		},
	}
	cmd.Flags().Float64Var(&limit, "limit", 0, "`MILLIONS` of subwords to learn from, and a sixteenth of it held out (default: all)")
	return cmd
}

// packTo packs the shards of dir into the file at path, which is absent, old or whole.
func packTo(path, dir string, limit int) (record shard.PackRecord, err error) {
	var packing error
	err = writeFile(path, func(w io.Writer) error {
		record, packing = shard.Pack(w, dir, limit)
		return packing
	})
	if packing != nil {
		return record, packing // it says of itself what it was doing
	}
	return record, err
}

func newShardsUnpack() *cobra.Command {
	return &cobra.Command{
		Use:   "unpack FILE DIR",
		Short: "Unpack shards, and prove that they are the ones that were packed",
		Args:  usage(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := os.Open(args[0])
			if err != nil {
				return fmt.Errorf("reading the pack: %w", err)
			}
			defer f.Close()
			names, err := shard.Unpack(f, args[1])
			for _, name := range names {
				io.WriteString(cmd.OutOrStdout(), filepath.Join(args[1], name)+"\n")
			}
			return err
		},
	}
}
