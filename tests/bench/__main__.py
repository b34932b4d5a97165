"""`make bench`: measure ours and a peer side by side, print a table and write build/bench.json (ONLY=name for one)."""

if __name__ == "__main__":  # a process that a benchmark spawns has this module too, and should not load all of them
    from tests.bench.running import main

    main()
