"""Mail behind the `Mailer` port: by SMTP, into files for development, in memory for tests."""
