package org.example.graph;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A directed graph with weights, and the shortest ways through it. */
public final class Graph<N extends Comparable<N>> {
    private static final int INITIAL_CAPACITY = 16;
    private final Map<N, Map<N, Integer>> edges = new HashMap<>(INITIAL_CAPACITY);

    public record Step<N>(N node, int cost) {}

    public Graph<N> connect(N from, N to, int weight) {
        if (weight < 0) {
            throw new IllegalArgumentException("weight can't be negative: " + weight);
        }
        edges.computeIfAbsent(from, k -> new HashMap<>()).merge(to, weight, Math::min);
        return this;
    }

    public Optional<Integer> shortest(N start, N goal) {
        Map<N, Integer> best = new HashMap<>();
        ArrayDeque<Step<N>> queue = new ArrayDeque<>();
        queue.add(new Step<>(start, 0));
        while (!queue.isEmpty()) {
            Step<N> step = queue.poll();
            Integer seen = best.get(step.node());
            if (seen != null && seen <= step.cost()) continue;
            best.put(step.node(), step.cost());
            for (Map.Entry<N, Integer> e : edges.getOrDefault(step.node(), Map.of()).entrySet()) {
                queue.add(new Step<>(e.getKey(), step.cost() + e.getValue()));
            }
        }
        return Optional.ofNullable(best.get(goal));
    }

    @Override
    public String toString() {
        return edges.entrySet().stream()
                .map(e -> e.getKey() + " -> " + e.getValue())
                .sorted()
                .collect(Collectors.joining(",\n  ", "{\n  ", "\n}"));
    }

    List<N> nodes() { return edges.keySet().stream().sorted().toList(); }
}
