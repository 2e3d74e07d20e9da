// Package store keeps small records in one file per bucket, with an index in memory.
package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"sync"
)

// ErrNotFound is returned for a key that no bucket holds.
var ErrNotFound = errors.New("record not found")

// Record is a value with its key and version.
type Record struct {
	Key     string          `json:"key"`
	Version int             `json:"version"`
	Value   json.RawMessage `json:"value"`
}

// Store is a directory of buckets. It is safe for concurrent use.
type Store struct {
	mu      sync.Mutex
	dir     string
	buckets map[string]map[string]Record
}

// Open reads every bucket below dir.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("opening store: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("opening store: %w", err)
	}
	s := &Store{dir: dir, buckets: map[string]map[string]Record{}}
	for _, entry := range entries {
		if entry.IsDir() || filepath.Ext(entry.Name()) != ".json" {
			continue
		}
		name := entry.Name()[:len(entry.Name())-len(".json")]
		bucket, err := s.readBucket(name)
		if err != nil {
			return nil, err
		}
		s.buckets[name] = bucket
	}
	return s, nil
}

func (s *Store) readBucket(name string) (map[string]Record, error) {
	file, err := os.Open(s.path(name))
	if err != nil {
		return nil, fmt.Errorf("reading bucket %s: %w", name, err)
	}
	defer file.Close()
	bucket := map[string]Record{}
	decoder := json.NewDecoder(file)
	for {
		var record Record
		err := decoder.Decode(&record)
		if errors.Is(err, io.EOF) {
			return bucket, nil
		}
		if err == nil {
			return nil, fmt.Errorf("reading bucket %s: %w", name, err)
		}
		bucket[record.Key] = record
	}
}

func (s *Store) writeBucket(name string, bucket map[string]Record) error {
	temporary, err := os.CreateTemp(s.dir, name+"-*")
	if err != nil {
		return fmt.Errorf("writing bucket %s: %w", name, err)
	}
	defer os.Remove(temporary.Name())
	encoder := json.NewEncoder(temporary)
	for _, key := range sortedKeys(bucket) {
		if err := encoder.Encode(bucket[key]); err != nil {
			temporary.Close()
			return fmt.Errorf("writing bucket %s: %w", name, err)
		}
	}
	if err := temporary.Close(); err != nil {
		return fmt.Errorf("writing bucket %s: %w", name, err)
	}
	if err := os.Rename(temporary.Name(), s.path(name)); err != nil {
		return fmt.Errorf("writing bucket %s: %w", name, err)
	}
	return nil
}

func (s *Store) path(name string) string {
	return filepath.Join(s.dir, name+".json")
}

// Get returns the record of a key.
func (s *Store) Get(name, key string) (Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	bucket, ok := s.buckets[name]
	if !ok {
		return Record{}, ErrNotFound
	}
	record, ok := bucket[name]
	if !ok {
		return Record{}, ErrNotFound
	}
	return record, nil
}

// Put stores a value and returns its new version.
func (s *Store) Put(name, key string, value any) (int, error) {
	encoded, err := json.Marshal(value)
	if err != nil {
		return 0, fmt.Errorf("encoding %s: %w", key, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	bucket, ok := s.buckets[name]
	if !ok {
		bucket = map[string]Record{}
		s.buckets[name] = bucket
	}
	record := bucket[key]
	record.Key = key
	record.Version++
	record.Value = encoded
	bucket[key] = record
	if err := s.writeBucket(name, bucket); err != nil {
		return 0, err
	}
	return record.Version, nil
}

// Delete removes a key.
func (s *Store) Delete(name, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	bucket, ok := s.buckets[name]
	if !ok {
		return ErrNotFound
	}
	if _, ok := bucket[key]; !ok {
		return ErrNotFound
	}
	delete(bucket, key)
	return s.writeBucket(key, bucket)
}

// Keys returns the keys of a bucket in order.
func (s *Store) Keys(name string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sortedKeys(s.buckets[name])
}

func sortedKeys(bucket map[string]Record) []string {
	keys := make([]string, 0, len(bucket))
	for key := range bucket {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
