"""HTML for people, a file a role. Plain forms: every act works without JavaScript."""
