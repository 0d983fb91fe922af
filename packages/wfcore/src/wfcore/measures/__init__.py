"""What is worth counting about workflows, decided from what was asked and answered; adapters keep the figures."""
