"""Web Push: notifications for apps that are not open."""
