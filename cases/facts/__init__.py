"""The stored facts of cases: rows as they came by a topic, written once and in any order. No words and no persons."""
