"""What Yiquan knows about pictures: folium pages, layers, texts and assets."""
