"""Students: who they are, how to reach them, where they are enrolled; whānau have streams of their own."""
