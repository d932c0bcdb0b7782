"""The API of OpenAI and Groq: their requests, their answers, their errors."""
