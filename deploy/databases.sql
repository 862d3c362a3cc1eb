-- The course's gradebook, beside the hub's own database: --db postgresql+psycopg://coursekit@database/gradebook
CREATE DATABASE gradebook;
