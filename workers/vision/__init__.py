import cv2

# Workers are processes: OpenCV's own threads would gain nothing, and wait for work busily, which
# took an eighth of a camera's CPU.
cv2.setNumThreads(1)
